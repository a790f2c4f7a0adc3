import { app } from "./app.ts";
import { answerDocumentAtOnce } from "./catalog/document-answer.ts";
import { runCron } from "./cron.ts";
import { recordDownloads } from "./delivery/download-count.ts";

export default {
  fetch: (request, env, context) => answerDocumentAtOnce(request, env) ?? app.fetch(request, env, context),

  scheduled: ({ scheduledTime }, env) => runCron(env, Math.floor(scheduledTime / 1000)),

  async queue(batch, env) {
    await recordDownloads(
      env.DB,
      batch.messages.map(({ body }) => body),
    );
  },
} satisfies ExportedHandler<Env>;
