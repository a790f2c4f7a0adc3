import { logEvent, logFailure } from "../../lib/log.ts";
import { masked } from "../../lib/masking/masked.ts";
import { currentTime, MINUTE, type UnixSeconds } from "../../lib/time.ts";
import type { Service } from "../http/router.ts";
import { forgetJobLetter, storeDeadLetter } from "./dead-letter-store.ts";
import { type Job, JobMessage } from "./job.ts";
import { endLease, keepLease, takeLease } from "./lease.ts";

/** The attempts after the first, as in wrangler.toml. After the last, the queue moves a message to the dead letters. */
export const JOB_RETRIES = 5;

/** How long an invocation works before another continues, in milliseconds. Cloudflare ends it after 15 minutes. */
const WORKING_TIME_MS = 5 * 60_000;

/** The pause before attempt `attempts` + 1, in seconds: 30 s, doubled each time, at most an hour. */
export const retryDelay = (attempts: number): number => Math.min(60 * MINUTE, 30 * 2 ** (attempts - 1));

/** How late the queue may deliver a message before another run may take the lease, in seconds. */
const LATE_DELIVERY = 5 * MINUTE;

/** The composition that jobs run in. */
export type JobRunner = { jobs: readonly Job[]; service: Service };

/**
 * Works off one message of `JOBS`: it runs one step of a job, and then sends the message of the next one. It skips the
 * message if another run of the job is under way. It stores a message without a known job as a dead letter. A failed
 * step is recorded, logged and retried with growing pauses. Never throws.
 */
export async function workOffJob(env: Env, { jobs, service }: JobRunner, received: Message<unknown>): Promise<void> {
  const parsed = JobMessage.safeParse(received.body);
  const job = parsed.success ? jobs.find(({ name }) => name === parsed.data.job) : undefined;
  try {
    if (parsed.success && job) await runStep(env, service, job, parsed.data, received);
    else await refuseMessage(env.DB, received.body);
    received.ack();
  } catch (error) {
    const name = parsed.success ? parsed.data.job : "unknown";
    logFailure("job.failed", error, { job: name, attempt: received.attempts });
    if (parsed.success) await recordFailure(env.DB, parsed.data, received.attempts, error);
    received.retry({ delaySeconds: retryDelay(received.attempts) });
  }
}

async function refuseMessage(db: D1Database, body: unknown): Promise<void> {
  logFailure("job.unknown", "No job takes this message.", {});
  await storeDeadLetter(db, { queue: "jobs", body, reason: "no job takes this message" }, currentTime());
}

async function runStep(
  env: Env,
  service: Service,
  job: Job,
  message: JobMessage,
  received: Pick<Message, "id">,
): Promise<void> {
  const now = currentTime();
  if (!(await takeLease(env.DB, message, received.id, now, job.longestStep))) {
    if (env.LOG_REQUESTS === "all") logEvent("job.skipped", { job: job.name, subject: message.subject });
    return;
  }
  const began = Date.now();
  const { subject, scheduled_at: scheduledAt, position } = message;
  const hasTime = () => Date.now() - began < WORKING_TIME_MS;
  const progress = await job.run({ env, service, now, scheduledAt, subject, hasTime }, position);
  const step_ms = Date.now() - began;
  const worked_ms = message.worked_ms + step_ms;
  if (progress) {
    await env.JOBS.send({ ...message, step: message.step + 1, worked_ms, position: progress.position });
    await keepLease(env.DB, message, currentTime() + (job.longestStep ?? LATE_DELIVERY)).run();
  } else {
    await recordSuccess(env.DB, message, currentTime(), worked_ms);
  }
  if (env.LOG_REQUESTS === "all") {
    logEvent("job", { job: job.name, subject, duration_ms: step_ms, continues: progress !== null });
  }
}

/** Ends the lease, stores the run, and drops the dead letter of an earlier failed run. */
async function recordSuccess(db: D1Database, message: JobMessage, now: UnixSeconds, worked_ms: number): Promise<void> {
  await db.batch([
    endLease(db, message),
    db
      .prepare(
        `INSERT INTO jobs (name, started_at, finished_at, duration_ms) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE SET started_at = ?2, finished_at = ?3, duration_ms = ?4, failures = 0`,
      )
      .bind(message.job, message.scheduled_at, now, worked_ms),
    forgetJobLetter(db, message),
  ]);
}

/** Stores the failure, and keeps the lease until the retry; after the last attempt it ends the lease. Never throws. */
async function recordFailure(db: D1Database, message: JobMessage, attempts: number, error: unknown): Promise<void> {
  const now = currentTime();
  const isLast = attempts > JOB_RETRIES;
  const text = masked(error instanceof Error ? error.message : String(error)).slice(0, 300);
  try {
    await db.batch([
      isLast ? endLease(db, message) : keepLease(db, message, now + retryDelay(attempts) + LATE_DELIVERY),
      db
        .prepare(
          `INSERT INTO jobs (name, started_at, failed_at, last_error, failures) VALUES (?1, ?2, ?3, ?4, 1)
           ON CONFLICT (name) DO UPDATE SET started_at = ?2, failed_at = ?3, last_error = ?4, failures = failures + 1`,
        )
        .bind(message.job, message.scheduled_at, now, text),
    ]);
  } catch (failure) {
    logFailure("job.unrecorded", failure, { job: message.job });
  }
}
