import * as z from "zod";

/** How a job fared. Times are in seconds; `duration_ms` is the work of the last finished run. */
export const JobRecord = z.object({
  name: z.string(),
  started_at: z.int(),
  finished_at: z.int().nullable(),
  duration_ms: z.int().nullable(),
  failed_at: z.int().nullable(),
  last_error: z.string().nullable(),
  /** The failed attempts since the last success. */
  failures: z.int(),
});
export type JobRecord = z.output<typeof JobRecord>;

/** A run under way. `name` contains its subject, if it has one. */
export const RunningJob = z.object({
  name: z.string(),
  step: z.int(),
  position: z.string().nullable(),
  started_at: z.int(),
});
export type RunningJob = z.output<typeof RunningJob>;

/** Every job that has run, and the runs under way at `now`. Throws D1's errors. */
export async function readJobs(db: D1Database, now: number): Promise<{ jobs: JobRecord[]; running: RunningJob[] }> {
  const [jobs, running] = await db.batch([
    db.prepare("SELECT * FROM jobs ORDER BY name"),
    db.prepare("SELECT name, step, position, started_at FROM job_leases WHERE until > ? ORDER BY name").bind(now),
  ]);
  return { jobs: z.array(JobRecord).parse(jobs?.results), running: z.array(RunningJob).parse(running?.results) };
}
