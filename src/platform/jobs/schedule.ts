import { DAY, MINUTE, type UnixSeconds } from "../../lib/time.ts";
import { firstMessage, type Job, type JobMessage } from "./job.ts";

/** The minutes of a day: how far back the cron looks for minutes that it missed. */
const LOOKED_BACK = DAY / MINUTE;

/**
 * The first messages of the jobs that are due at `now`, one for each job. The cron last sent messages at `sentAt`, null
 * if it never did. The minutes since then count too, so that an outage loses no daily job.
 */
export function dueJobs(jobs: readonly Job[], sentAt: UnixSeconds | null, now: UnixSeconds): JobMessage[] {
  const last = Math.floor(now / MINUTE);
  const next = sentAt === null ? last : Math.floor(sentAt / MINUTE) + 1;
  // A cron that is triggered again in its minute runs again.
  const first = Math.min(last, Math.max(next, last - LOOKED_BACK + 1));
  return jobs.flatMap(({ name, isDue }) => {
    for (let minute = last; minute >= first; minute--) {
      if (isDue(minute * MINUTE)) return [firstMessage(name, minute * MINUTE)];
    }
    return [];
  });
}

/** Whether the minute that begins at `at` is the first one of an hour. */
export const isHourly = (at: UnixSeconds): boolean => at % (60 * MINUTE) < MINUTE;

/** Whether a job is due: each minute. */
export const always = (): boolean => true;

/** Whether a job is due: never by the clock, only on request. */
export const onRequest = (): boolean => false;
