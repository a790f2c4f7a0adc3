import type { UnixSeconds } from "../../lib/time.ts";

/** The progress of a recurring job: the time of its last write, and the last id that it handled (null: it is done). */
export type Watermark = { at: UnixSeconds; position: string | null };

/** The watermark of the cron itself: the last time that it ran, even if a part of it failed. */
export const CRON_MARK = "cron";

/** The watermark of the messages to jobs: the last time that the cron sent those of all due jobs. */
export const JOBS_MARK = "jobs";

/** The watermark of the job `name`. A job that has never run is done since 1970. Throws D1's errors. */
export async function readWatermark(db: D1Database, name: string): Promise<Watermark> {
  const row = await db.prepare("SELECT at, position FROM watermarks WHERE name = ?").bind(name).first<Watermark>();
  return row ?? { at: 0, position: null };
}

/** Writes the watermark of the job `name`. Throws D1's errors. */
export async function writeWatermark(db: D1Database, name: string, mark: Watermark): Promise<void> {
  await watermarkWrite(db, name, mark).run();
}

/** The statement of `writeWatermark`. */
export const watermarkWrite = (db: D1Database, name: string, { at, position }: Watermark): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO watermarks (name, at, position) VALUES (?1, ?2, ?3)
       ON CONFLICT (name) DO UPDATE SET at = ?2, position = ?3`,
    )
    .bind(name, at, position);
