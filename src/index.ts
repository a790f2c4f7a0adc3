import { app } from "./app.ts";
import { answerDocumentAtOnce } from "./catalog/document-answer.ts";
import { recordDownloads } from "./delivery/download-count.ts";
import { publishers } from "./publication.ts";
import { drainOutbox } from "./storage/outbox.ts";

export default {
  fetch: (request, env, context) => answerDocumentAtOnce(request, env) ?? app.fetch(request, env, context),

  async scheduled(_controller, env) {
    await drainOutbox(env, publishers);
  },

  async queue(batch, env) {
    await recordDownloads(
      env.DB,
      batch.messages.map(({ body }) => body),
    );
  },
} satisfies ExportedHandler<Env>;
