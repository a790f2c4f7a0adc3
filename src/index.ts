import { app } from "./app.ts";
import { answerDocumentAtOnce } from "./catalog/document-answer.ts";
import { recordDownloads } from "./delivery/download-count.ts";
import { publishers } from "./publication.ts";
import { drainOutbox } from "./storage/outbox.ts";
import { forgetOldRows, isRetentionTime } from "./storage/retention.ts";

export default {
  fetch: (request, env, context) => answerDocumentAtOnce(request, env) ?? app.fetch(request, env, context),

  async scheduled({ scheduledTime }, env) {
    const now = Math.floor(scheduledTime / 1000);
    await drainOutbox(env, publishers, now);
    if (isRetentionTime(now)) await forgetOldRows(env.DB, now);
  },

  async queue(batch, env) {
    await recordDownloads(
      env.DB,
      batch.messages.map(({ body }) => body),
    );
  },
} satisfies ExportedHandler<Env>;
