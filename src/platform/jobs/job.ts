import * as z from "zod";
import { newId } from "../../lib/id.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { Service } from "../http/router.ts";

/** The surroundings of one invocation of a job. */
export type JobScope = {
  env: Env;
  service: Service;
  /** The current time. */
  now: UnixSeconds;
  /** The minute that the job was due in, or the second that a request asked for it. */
  scheduledAt: UnixSeconds;
  /** The thing that the run is about; null for a job without one. */
  subject: string | null;
  /** Whether the invocation has time left. When it has none, the job returns its position. */
  hasTime(): boolean;
};

/** The result of one invocation: null if the job is done, else the position that another invocation continues from. */
export type JobProgress = { position: string } | null;

/**
 * A kind of recurring or requested work. A run of a job works in one or more invocations, each with its own 1,000 calls
 * of bindings, and never overlaps another run of the same job and subject. Queues deliver at least once, so an
 * invocation may be repeated from the same `position`: `run` must be idempotent.
 */
export type Job = {
  name: string;
  /** Whether the cron starts the job in the minute that begins at `scheduledAt`. */
  isDue(scheduledAt: UnixSeconds): boolean;
  /**
   * How long one step may take, in seconds, before another run may take over; default: as long as the platform lets an
   * invocation work. A job that sets it must bear that two steps overlap.
   */
  longestStep?: number;
  /** Works from `position` on (null: from the start). An error is retried, and becomes a dead letter in the end. */
  run(scope: JobScope, position: string | null): Promise<JobProgress>;
};

/** A job that works in one invocation. */
export const shortJob = (name: string, isDue: Job["isDue"], work: (scope: JobScope) => Promise<unknown>): Job => ({
  name,
  isDue,
  async run(scope) {
    await work(scope);
    return null;
  },
});

/** A message of the queue `JOBS`: one step of a run. */
export const JobMessage = z.object({
  job: z.string(),
  subject: z.string().nullable().default(null),
  scheduled_at: z.int(),
  /** The id of the run, the number of its steps before this one, and the milliseconds that they worked. */
  run: z.string(),
  step: z.int().min(0),
  worked_ms: z.int().min(0),
  position: z.string().nullable(),
});
export type JobMessage = z.output<typeof JobMessage>;

/** The message that starts a new run. */
export const firstMessage = (
  job: string,
  scheduledAt: UnixSeconds,
  { subject = null, position = null }: { subject?: string | null; position?: string | null } = {},
): JobMessage => ({
  job,
  subject,
  scheduled_at: scheduledAt,
  run: newId("run"),
  step: 0,
  worked_ms: 0,
  position,
});

/**
 * Starts a run of the job `name` soon, about `subject` if it has one. If a run of both is under way, the new one does
 * nothing. Throws the queue's errors.
 */
export async function startJob(
  env: Pick<Env, "JOBS">,
  name: string,
  now: UnixSeconds,
  about: { subject?: string; position?: string } = {},
): Promise<void> {
  await env.JOBS.send(firstMessage(name, now, about));
}
