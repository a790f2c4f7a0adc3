import { app } from "./app.ts";
import { runCron } from "./cron.ts";
import { answerDocumentAtOnce } from "./domain/catalog/documents.ts";
import { logEvent } from "./lib/log.ts";
import { isPlainHttp } from "./platform/http/own-address.ts";
import { recordUsage } from "./platform/usage/store.ts";

export default {
  fetch: (request, env, context) =>
    (isPlainHttp(request) ? null : answerDocumentAtOnce(request, env)) ?? app.fetch(request, env, context),

  scheduled: ({ scheduledTime }, env) => runCron(env, Math.floor(scheduledTime / 1000)),

  async queue(batch, env) {
    await recordUsage(
      env.DB,
      batch.messages.map(({ body }) => body),
    );
    if (env.LOG_REQUESTS === "all") logEvent("queue.batch", { queue: batch.queue, messages: batch.messages.length });
  },
} satisfies ExportedHandler<Env>;
