import { service } from "./app.ts";
import { backupJob } from "./domain/backup/run.ts";
import { runDoctor } from "./domain/doctor/report.ts";
import { isDoctorTime } from "./domain/doctor/scope.ts";
import { eraseUsage } from "./domain/erasure/usage.ts";
import { isStandingTime, keepStandings } from "./domain/figures/standings.ts";
import { tellByClock } from "./domain/mail/clock.ts";
import { sendDueMails } from "./domain/mail/sender.ts";
import { forgetRunTokens } from "./domain/publishing/exchange.ts";
import { backfillJob } from "./domain/purchase/backfill.ts";
import { customerAddressesJob } from "./domain/purchase/customer.ts";
import { reconcile } from "./domain/purchase/reconciliation.ts";
import { checkJobs } from "./domain/releases/artifact/check-job.ts";
import { freeDiscardedObjects } from "./domain/releases/artifact/discarded-store.ts";
import { frameJob } from "./domain/releases/framing/frame-job.ts";
import { webhookJobs } from "./domain/webhooks/delivery/run.ts";
import { logEvent, logFailure } from "./lib/log.ts";
import { DAY, type UnixSeconds } from "./lib/time.ts";
import { forgetRecoveryLinks } from "./platform/identity/recovery-link.ts";
import { forgetSessions } from "./platform/identity/session/lifecycle.ts";
import { firstMessage, type Job, type JobMessage, shortJob } from "./platform/jobs/job.ts";
import { always, dueJobs, isHourly, onRequest } from "./platform/jobs/schedule.ts";
import { republishStep } from "./platform/storage/republication.ts";
import { forgetOldRows, isRetentionTime } from "./platform/storage/retention.ts";
import { drainOutbox, settleInJob } from "./platform/storage/settle.ts";
import { CRON_MARK, JOBS_MARK, readWatermark, writeWatermark } from "./platform/storage/watermark.ts";
import { foldDownloads, forgetOldUsage } from "./platform/usage/fold.ts";
import { markStatistics } from "./platform/usage/owner.ts";

/** The rest of the outbox, when the cron's own invocation could not publish all of it. */
const PUBLISH: Job = {
  name: "publish",
  isDue: onRequest,
  async run({ env, service: { publishers }, now }) {
    const { hasMore } = await drainOutbox(env, publishers, now);
    return hasMore ? { position: "more" } : null;
  },
};

/** Downloads into days. After a flood or an outage it takes more than one step. */
const FOLD: Job = {
  name: "fold-downloads",
  isDue: isHourly,
  async run({ env, now }) {
    if (!(await markStatistics(env, now))) return null;
    const { hasMore } = await foldDownloads(env.STATISTICS, now);
    return hasMore ? { position: "more" } : null;
  },
};

/** Every job. A room adds its own as a line here, or in `jobs` of its format. */
export const jobs: readonly Job[] = [
  PUBLISH,
  {
    name: "republish",
    isDue: onRequest,
    run: ({ env, service: { publishers } }, position) => republishStep(env, publishers, position),
  },
  shortJob("mails", always, ({ env, now }) => sendDueMails(env, now)),
  shortJob("reconcile", always, ({ env, scheduledAt, service: { publishers } }) =>
    reconcile(env, scheduledAt, (changes) => settleInJob(env, publishers, changes)),
  ),
  { name: "standing-mails", isDue: isHourly, run: ({ env, now }, position) => tellByClock(env.DB, now, position) },
  customerAddressesJob,
  shortJob("forget-recovery-links", isHourly, ({ env, now }) => forgetRecoveryLinks(env.DB, now - 30 * DAY)),
  FOLD,
  shortJob("forget-old-usage", isHourly, ({ env, now }) => forgetOldUsage(env.STATISTICS, now)),
  shortJob("erase-usage", isHourly, ({ env, now }) => eraseUsage(env, now)),
  shortJob("free-discarded-objects", isHourly, ({ env, now }) => freeDiscardedObjects(env, now)),
  shortJob("forget-sessions", isHourly, ({ env, now }) => forgetSessions(env.DB, now)),
  shortJob("forget-run-tokens", isHourly, ({ env, now }) => forgetRunTokens(env.DB, now)),
  shortJob("keep-standings", isStandingTime, ({ env, scheduledAt }) => keepStandings(env, scheduledAt)),
  shortJob("doctor", isDoctorTime, ({ env, now }) => runDoctor(env, now)),
  shortJob("forget-old-rows", isRetentionTime, ({ env, now }) => forgetOldRows(env.DB, now)),
  backfillJob,
  ...checkJobs,
  frameJob,
  ...webhookJobs,
  backupJob,
  ...service.formats.flatMap((format) => format.jobs ?? []),
];

/**
 * The cron's work in the minute `now`. It publishes waiting records itself, revocations and blocks first, and then
 * sends one message for each due job. Never throws: it writes its mark even if the ledger or the queue fails meanwhile.
 */
export async function runCron(env: Env, now: UnixSeconds): Promise<void> {
  const began = performance.now();
  const drained = await attempt("publish", () => drainOutbox(env, service.publishers, now));
  await attempt("send-jobs", async () => {
    const { at } = await readWatermark(env.DB, JOBS_MARK);
    const due = dueJobs(jobs, at === 0 ? null : at, now);
    await sendAll(env.JOBS, drained?.hasMore ? [firstMessage(PUBLISH.name, now), ...due] : due);
    await writeWatermark(env.DB, JOBS_MARK, { at: now, position: null });
  });
  await attempt("mark", () => writeWatermark(env.DB, CRON_MARK, { at: now, position: null }));
  if (env.LOG_REQUESTS === "all") logEvent("cron", { duration_ms: Math.round(performance.now() - began) });
}

const sendAll = async (queue: Queue, messages: readonly JobMessage[]): Promise<void> => {
  if (messages.length > 0) await queue.sendBatch(messages.map((body) => ({ body })));
};

/** The result of a part of the cron, or undefined if it failed, which is logged. */
async function attempt<Value>(part: string, work: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await work();
  } catch (error) {
    logFailure("job.failed", error, { job: part });
    return undefined;
  }
}
