import { MINUTE, type UnixSeconds } from "../../lib/time.ts";
import type { JobMessage } from "./job.ts";

/** Longer than one invocation of a consumer may take: Cloudflare ends it after 15 minutes. */
const LONGEST_STEP = 16 * MINUTE;

/** The name of a lease: the job, and its subject if it has one. */
export const leaseName = ({ job, subject }: Pick<JobMessage, "job" | "subject">): string =>
  subject === null ? job : `${job} ${subject}`;

/**
 * Takes the lease of a message's run. Returns false if another run holds it, or if the run has gone past this step. A
 * message that is delivered again may take its own step again, because the queue saw its first attempt fail. A second
 * copy of a later step may not. Throws D1's errors.
 */
export async function takeLease(
  db: D1Database,
  message: JobMessage,
  messageId: string,
  now: UnixSeconds,
  longestStep: number = LONGEST_STEP,
): Promise<boolean> {
  const { run, step, position } = message;
  const taken = await db
    .prepare(
      `INSERT INTO job_leases (name, run, step, message, position, started_at, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
       ON CONFLICT (name) DO UPDATE SET run = ?2, step = ?3, message = ?4, position = ?5, started_at = ?6, until = ?7
         WHERE until <= ?8 OR (run = ?2 AND (step < ?3 OR (step = ?3 AND message = ?4)))`,
    )
    .bind(leaseName(message), run, step, messageId, position, message.scheduled_at, now + longestStep, now)
    .run();
  return taken.meta.changes === 1;
}

/** Keeps the lease for the run's next message, which may arrive until `until`. */
export const keepLease = (db: D1Database, message: JobMessage, until: UnixSeconds): D1PreparedStatement =>
  db
    .prepare("UPDATE job_leases SET until = ? WHERE name = ? AND run = ? AND step = ?")
    .bind(until, leaseName(message), message.run, message.step);

/** Ends the lease of a run. */
export const endLease = (db: D1Database, message: JobMessage): D1PreparedStatement =>
  db.prepare("DELETE FROM job_leases WHERE name = ? AND run = ?").bind(leaseName(message), message.run);
