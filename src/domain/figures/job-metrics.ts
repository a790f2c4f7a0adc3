import type { UnixSeconds } from "../../lib/time.ts";
import { LETTER_QUEUES } from "../../platform/jobs/dead-letter-store.ts";
import { type JobRecord, readJobs } from "../../platform/jobs/job-store.ts";
import type { Metric } from "./metrics.ts";

/** The metrics of jobs and dead letters at `now`. Throws D1's errors. */
export async function readJobMetrics(db: D1Database, now: UnixSeconds): Promise<Metric[]> {
  const [{ jobs }, dead] = await Promise.all([
    readJobs(db, now),
    db.prepare("SELECT queue, count(*) AS count FROM dead_letters GROUP BY queue").all<{
      queue: string;
      count: number;
    }>(),
  ]);
  const each = (name: string, help: string, figureOf: (job: JobRecord) => number | null): Metric => ({
    name,
    help,
    samples: jobs.flatMap((job) => {
      const value = figureOf(job);
      return value === null ? [] : [{ labels: { job: job.name }, value }];
    }),
  });
  return [
    each("rbee_job_success_age_seconds", "Time since the job last succeeded.", ({ finished_at }) =>
      finished_at === null ? null : Math.max(0, now - finished_at),
    ),
    each("rbee_job_duration_ms", "Work of the job's last successful run.", ({ duration_ms }) => duration_ms),
    each("rbee_job_failures", "Failed attempts of the job since it last succeeded.", ({ failures }) => failures),
    {
      name: "rbee_dead_letters",
      help: "Messages that every attempt failed for.",
      samples: LETTER_QUEUES.map((queue) => {
        return { labels: { queue }, value: dead.results.find((row) => row.queue === queue)?.count ?? 0 };
      }),
    },
  ];
}
