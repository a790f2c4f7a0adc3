import * as z from "zod";
import type { RequestScope } from "../http/app.ts";
import { logFailure } from "../log.ts";
import { currentTime } from "../time.ts";
import type { Delivery } from "./decision.ts";
import type { Link } from "./link.ts";

/** One download, as the queue carries it. */
const DownloadMessage = z.object({
  link_id: z.string(),
  worker_id: z.string(),
  version: z.string(),
  platform: z.string(),
  license_id: z.string().nullable(),
  machine: z.string().nullable(),
  at: z.number(),
});
type DownloadMessage = z.infer<typeof DownloadMessage>;

/** Counts a download after the response has gone. A queue that is down costs the count, never the download. */
export function countDownload(c: RequestScope, link: Link, { artifact }: Delivery): void {
  const message: DownloadMessage = {
    link_id: link.id,
    worker_id: link.workerId,
    version: link.version,
    platform: artifact.platform,
    license_id: link.holder?.licenseId ?? null,
    machine: link.holder?.machine ?? null,
    at: currentTime(),
  };
  const sent = c.env.DOWNLOADS.send(message).catch((error: unknown) => {
    logFailure("download.uncounted", error, { request_id: c.var.requestId });
  });
  c.executionCtx.waitUntil(sent);
}

/**
 * Writes counted downloads to the ledger: once for each link, however often the queue delivers a message. Throws what D1
 * throws; the queue then delivers the batch again. A message of another shape is dropped and logged.
 */
export async function recordDownloads(db: D1Database, bodies: readonly unknown[]): Promise<void> {
  const record = db.prepare(
    `INSERT INTO downloads (link_id, worker_id, version, platform, license_id, machine, at)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const see = db.prepare(
    "UPDATE machines SET last_seen_at = max(last_seen_at, ?) WHERE license_id = ? AND fingerprint_hash = ?",
  );
  const writes = bodies.flatMap((body) => {
    const parsed = DownloadMessage.safeParse(body);
    if (!parsed.success) {
      logFailure("download.malformed", z.prettifyError(parsed.error));
      return [];
    }
    const { link_id, worker_id, version, platform, license_id, machine, at } = parsed.data;
    const count = record.bind(link_id, worker_id, version, platform, license_id, machine, at);
    return license_id === null ? [count] : [count, see.bind(at, license_id, machine)];
  });
  if (writes.length > 0) await db.batch(writes);
}
