import * as z from "zod";

const DownloadRow = z.object({
  worker_id: z.string(),
  version: z.string(),
  platform: z.string(),
  /** The name of the machine, if it has one. */
  machine: z.string().nullable(),
  at: z.number(),
});

/** A file that was fetched with a license. */
export type Download = z.output<typeof DownloadRow>;

/** The last `limit` downloads with a license, newest first. Throws what D1 throws. */
export async function readRecentDownloads(db: D1Database, licenseId: string, limit: number): Promise<Download[]> {
  const { results } = await db
    .prepare(
      `SELECT worker_id, version, downloads.platform, machines.name AS machine, at
       FROM downloads LEFT JOIN machines
         ON machines.license_id = downloads.license_id AND fingerprint_hash = downloads.machine
       WHERE downloads.license_id = ? ORDER BY at DESC LIMIT ?`,
    )
    .bind(licenseId, limit)
    .all();
  return results.map((row) => DownloadRow.parse(row));
}
