import { service } from "./app.ts";
import { forgetLateUsage } from "./domain/erasure/erasure.ts";
import { isStandingTime, keepStandings } from "./domain/figures/stats.ts";
import { queueExpiryMails } from "./domain/mail/expiry.ts";
import { sendDueMails } from "./domain/mail/sender.ts";
import { reconcile } from "./domain/purchase/reconciliation.ts";
import { freeDiscardedObjects } from "./domain/releases/artifact/discarded-store.ts";
import { logEvent, logFailure } from "./lib/log.ts";
import { DAY, HOUR, MINUTE, type UnixSeconds } from "./lib/time.ts";
import { forgetRecoveryLinks } from "./platform/identity/recovery-link.ts";
import { forgetSessions } from "./platform/identity/session/lifecycle.ts";
import { forgetOldRows, isRetentionTime } from "./platform/storage/retention.ts";
import { drainOutbox, settleInJob } from "./platform/storage/settle.ts";
import { CRON_MARK, writeWatermark } from "./platform/storage/watermark.ts";

/** The cron's work in the minute that begins at `now`. No job stops another; each decides when it is due. */
export async function runCron(env: Env, now: UnixSeconds): Promise<void> {
  const job = jobRunner(env);
  await job("publish", () => drainOutbox(env, service.publishers, now));
  for (const { name, isDue, run } of service.formats.flatMap(({ jobs }) => jobs ?? [])) {
    if (isDue(now)) await job(name, () => run(env, service.formats, now));
  }
  if (now % HOUR < MINUTE) {
    await job("expiry-mails", () => queueExpiryMails(env.DB, now));
    await job("forget-recovery-links", () => forgetRecoveryLinks(env.DB, now - 30 * DAY));
    await job("forget-late-usage", () => forgetLateUsage(env.DB));
    await job("free-discarded-objects", () => freeDiscardedObjects(env, now));
    await job("forget-sessions", () => forgetSessions(env.DB, now));
  }
  if (isStandingTime(now)) await job("keep-standings", () => keepStandings(env.DB, now));
  if (isRetentionTime(now)) await job("forget-old-rows", () => forgetOldRows(env.DB, now));
  await job("mails", () => sendDueMails(env, now));
  await job("reconcile", () => reconcile(env, now, (changes) => settleInJob(env, service.publishers, changes)));
  await job("mark", () => writeWatermark(env.DB, CRON_MARK, { at: now, position: null }));
}

/** Runs one job and logs it. Logs its error instead of throwing it. */
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
