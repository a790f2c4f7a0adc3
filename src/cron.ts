import { forgetLateUsage } from "./account/erasure-store.ts";
import { forgetRecoveryLinks } from "./account/recovery-link-store.ts";
import { sweepPacks } from "./git/pack-sweep.ts";
import { publishRepositories } from "./git/repository-publication.ts";
import { logEvent, logFailure } from "./log.ts";
import { queueExpiryMails } from "./mail/mail-expiry.ts";
import { sendDueMails } from "./mail/mail-sender.ts";
import { publishers } from "./publication.ts";
import { reconcile } from "./purchase/reconciliation.ts";
import { freeDiscardedObjects } from "./releases/discarded-object-store.ts";
import { forgetSessions } from "./session/session-store.ts";
import { drainOutbox } from "./storage/outbox.ts";
import { forgetOldRows, isRetentionTime } from "./storage/retention.ts";
import { CRON_MARK, writeWatermark } from "./storage/watermark.ts";
import { DAY, HOUR, MINUTE, type UnixSeconds } from "./time.ts";
import { isStandingTime, keepStandings } from "./usage/standing-count.ts";

/** What the cron does in the minute that begins at `now`. No job keeps another from running; each says when it is due. */
export async function runCron(env: Env, now: UnixSeconds): Promise<void> {
  const job = jobRunner(env);
  await job("publish", () => drainOutbox(env, publishers, now));
  await job("publish-repositories", () => publishRepositories(env, now));
  if (now % HOUR < MINUTE) {
    await job("expiry-mails", () => queueExpiryMails(env.DB, now));
    await job("forget-recovery-links", () => forgetRecoveryLinks(env.DB, now - 30 * DAY));
    await job("forget-late-usage", () => forgetLateUsage(env.DB));
    await job("free-discarded-objects", () => freeDiscardedObjects(env, now));
    await job("forget-sessions", () => forgetSessions(env.DB, now));
  }
  if (isStandingTime(now)) await job("keep-standings", () => keepStandings(env.DB, now));
  if (isRetentionTime(now)) {
    await job("forget-old-rows", () => forgetOldRows(env.DB, now));
    await job("sweep-packs", () => sweepPacks(env, now));
  }
  await job("mails", () => sendDueMails(env, now));
  await job("reconcile", () => reconcile(env, now));
  await job("mark", () => writeWatermark(env.DB, CRON_MARK, { at: now, position: null }));
}

/** Runs one job and logs it; what it throws is logged only. */
const jobRunner =
  ({ LOG_REQUESTS }: Pick<Env, "LOG_REQUESTS">) =>
  async (name: string, work: () => Promise<unknown>): Promise<void> => {
    const began = performance.now();
    try {
      await work();
      const duration_ms = Math.round(performance.now() - began);
      if (LOG_REQUESTS === "all") logEvent("job", { job: name, duration_ms });
    } catch (error) {
      logFailure("job.failed", error, { job: name });
    }
  };
