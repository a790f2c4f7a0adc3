import { forgetRecoveryLinks } from "./account/recovery-link-store.ts";
import { app } from "./app.ts";
import { answerDocumentAtOnce } from "./catalog/document-answer.ts";
import { recordDownloads } from "./delivery/download-count.ts";
import { queueExpiryMails } from "./mail/mail-expiry.ts";
import { sendDueMails } from "./mail/mail-sender.ts";
import { publishers } from "./publication.ts";
import { reconcile } from "./purchase/reconciliation.ts";
import { drainOutbox } from "./storage/outbox.ts";
import { DAY, HOUR, MINUTE } from "./time.ts";

/** Runs one job of the cron; what it throws is logged, and keeps no other job from running. */
async function job(name: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.error(JSON.stringify({ event: "job.failed", job: name, message }));
  }
}

export default {
  fetch: (request, env, context) => answerDocumentAtOnce(request, env) ?? app.fetch(request, env, context),

  async scheduled({ scheduledTime }, env) {
    const now = Math.floor(scheduledTime / 1000);
    await job("publish", () => drainOutbox(env, publishers));
    if (now % HOUR < MINUTE) {
      await job("expiry-mails", () => queueExpiryMails(env.DB, now));
      await job("forget-recovery-links", () => forgetRecoveryLinks(env.DB, now - 30 * DAY));
    }
    await job("mails", () => sendDueMails(env, now));
    await job("reconcile", () => reconcile(env, now));
  },

  async queue(batch, env) {
    await recordDownloads(
      env.DB,
      batch.messages.map(({ body }) => body),
    );
  },
} satisfies ExportedHandler<Env>;
