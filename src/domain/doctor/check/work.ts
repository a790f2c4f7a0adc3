import { DAY, HOUR, MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import type { JobRecord } from "../../../platform/jobs/job-store.ts";
import type { Backlog } from "../../figures/backlog.ts";
import { type Finding, fail, pass, warn } from "../finding.ts";

/** A duration in words: `12 s`, `5 min`, `3 h`, `2 days`. */
export function span(seconds: number): string {
  if (seconds < 2 * MINUTE) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 2 * HOUR) return `${Math.round(seconds / MINUTE)} min`;
  return seconds < 2 * DAY ? `${Math.round(seconds / HOUR)} h` : `${Math.round(seconds / DAY)} days`;
}

/** Ages of the cron's last run, in seconds. It runs each minute. */
const CRON_LATE = 3 * MINUTE;
const CRON_DEAD = 10 * MINUTE;

/** Whether the cron runs. `at`: its last run; 0: never. */
export function checkCron(at: UnixSeconds, now: UnixSeconds): Finding {
  if (at === 0) return fail("cron", "The cron has never run.");
  const age = now - at;
  const detail = `The cron ran ${span(age)} ago.`;
  if (age > CRON_DEAD) return fail("cron", detail);
  return age > CRON_LATE ? warn("cron", detail) : pass("cron", detail);
}

/** After so many failed attempts the queue has given a job up. */
const JOB_GIVEN_UP = 5;

/** One finding for each job whose last run failed; one that passes if there is none. */
export function checkJobs(jobs: readonly JobRecord[], now: UnixSeconds): Finding[] {
  const failing = jobs.filter(({ failures }) => failures > 0);
  if (failing.length === 0) {
    return [
      pass("job", jobs.length === 0 ? "No job has run yet." : `The last runs of all ${jobs.length} jobs succeeded.`),
    ];
  }
  return failing.map(({ name, failures, failed_at, last_error }) => {
    const when = failed_at === null ? "" : `, last ${span(now - failed_at)} ago`;
    const detail = `${name} has failed ${failures} times${when}: ${last_error ?? "no reason"}`;
    return (failures >= JOB_GIVEN_UP ? fail : warn)("job", detail, { subject: name });
  });
}

/** Whether messages wait for a person. */
export function checkDeadLetters(count: number): Finding {
  if (count === 0) return pass("dead-letters", "No message was given up.");
  return fail("dead-letters", `Messages that were given up and wait for a person: ${count}.`);
}

/** The ages at which waiting work is late, in seconds: those of docs/operations.md ("What to watch"). */
const LATE = { outbox: 5 * MINUTE, events: 15 * MINUTE, mails: HOUR } as const;

const WORDS = { outbox: "Changes to publish", events: "Payment events", mails: "Mails" } as const;

/** One finding for each kind of waiting work. */
export function checkBacklog(backlog: Pick<Backlog, "outbox" | "events" | "mails">, now: UnixSeconds): Finding[] {
  return (["outbox", "events", "mails"] as const).map((queue) => {
    const { waiting, oldest_at } = backlog[queue];
    const age = oldest_at === null ? 0 : now - oldest_at;
    const about = { subject: queue };
    if (age > LATE[queue]) {
      return fail("backlog", `${WORDS[queue]} that wait: ${waiting}, the oldest for ${span(age)}.`, about);
    }
    const forPerson = queue === "events" ? backlog.events.attention : queue === "mails" ? backlog.mails.given_up : 0;
    if (forPerson > 0) return warn("backlog", `${WORDS[queue]} that need a person: ${forPerson}.`, about);
    return pass("backlog", `${WORDS[queue]} that wait: ${waiting}.`, about);
  });
}

/** A queue's own count: the messages that wait, and the time of the oldest in milliseconds (null: unknown or none). */
export type QueueFact = { name: string; waiting: number; oldestMs: number | null } | { name: string; error: string };

/** The age of a message that nothing consumes, in seconds. Retries delay a message for up to ten minutes. */
const QUEUE_STUCK = 30 * MINUTE;

/** One finding for each queue. */
export const checkQueues = (queues: readonly QueueFact[], now: UnixSeconds): Finding[] =>
  queues.map((queue) => {
    const about = { subject: queue.name };
    if ("error" in queue) return fail("queue", `The queue ${queue.name} does not answer: ${queue.error}`, about);
    const { name, waiting, oldestMs } = queue;
    const age = oldestMs === null || waiting === 0 ? 0 : now - oldestMs / 1000;
    if (age > QUEUE_STUCK)
      return fail("queue", `${waiting} messages wait in ${name}, the oldest for ${span(age)}.`, about);
    return pass("queue", `The queue ${name} answers; ${waiting} messages wait.`, about);
  });

/** The age of the last delivery that shows that nobody consumes the queue of jobs. The cron sends jobs each minute. */
const DELIVERY_STUCK = 15 * MINUTE;

/** Whether messages of jobs arrive. A running cron sends some each minute. */
export function checkDelivery(jobs: readonly JobRecord[], cronAt: UnixSeconds): Finding {
  const about = { subject: "delivery of jobs" };
  const last = Math.max(0, ...jobs.map(({ started_at }) => started_at));
  if (cronAt === 0) return pass("queue", "The cron has sent no job yet.", about);
  const behind = cronAt - last;
  if (last > 0 && behind <= DELIVERY_STUCK) return pass("queue", "Jobs that the cron sends arrive.", about);
  const since = last === 0 ? "ever arrived" : `arrived in the ${span(behind)} before the cron's last run`;
  return fail("queue", `The cron sends jobs, but none has ${since}.`, about);
}
