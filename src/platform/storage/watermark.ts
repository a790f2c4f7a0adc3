import type { UnixSeconds } from "../../lib/time.ts";

/** How far a recurring job has come: when it last wrote this, and the last id it did (null: it is through). */
export type Watermark = { at: UnixSeconds; position: string | null };

/** The watermark of the cron itself: when a run last came to its end. */
export const CRON_MARK = "cron";

/** The watermark of the job `name`; one that has never run is through since the beginning of time. Throws what D1 throws. */
export async function readWatermark(db: D1Database, name: string): Promise<Watermark> {
  const row = await db.prepare("SELECT at, position FROM watermarks WHERE name = ?").bind(name).first<Watermark>();
  return row ?? { at: 0, position: null };
}

/** Writes the watermark of the job `name`. Throws what D1 throws. */
export async function writeWatermark(db: D1Database, name: string, { at, position }: Watermark): Promise<void> {
  await db
    .prepare(
      `INSERT INTO watermarks (name, at, position) VALUES (?1, ?2, ?3)
       ON CONFLICT (name) DO UPDATE SET at = ?2, position = ?3`,
    )
    .bind(name, at, position)
    .run();
}
