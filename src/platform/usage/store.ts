import * as z from "zod";
import { logFailure } from "../../lib/log.ts";
import { startOfDay, type UnixSeconds } from "../../lib/time.ts";
import { type CountedRefusal, DownloadMessage, type Place, RefusalsMessage, UseMessage } from "./message.ts";

const Message = z.union([UseMessage, RefusalsMessage, DownloadMessage]);

/**
 * Writes a batch of queue messages to the ledger in one transaction, with at most three statements a message. Logs and
 * drops a message of unknown shape. Throws D1's errors; the queue then delivers the batch again.
 */
export async function recordUsage(db: D1Database, bodies: readonly unknown[]): Promise<void> {
  const writes = bodies.flatMap((body) => {
    const message = Message.safeParse(body);
    if (message.success) return writesOf(db, message.data);
    logFailure("usage.malformed", z.prettifyError(message.error));
    return [];
  });
  if (writes.length > 0) await db.batch(writes);
}

function writesOf(db: D1Database, message: z.infer<typeof Message>): D1PreparedStatement[] {
  if (!("kind" in message)) return downloadWrites(db, message);
  return message.kind === "use"
    ? [placeWrite(db, message.license_id, message.place, message.at)]
    : refusalWrites(db, message.refusals);
}

/** The writes of a download. Idempotent for each link. A trigger of the table counts it for its day. */
export function downloadWrites(db: D1Database, download: DownloadMessage): D1PreparedStatement[] {
  const { link_id, worker_id, version, platform, license_id, machine, place, at } = download;
  const count = db
    .prepare(
      `INSERT INTO downloads (link_id, worker_id, version, platform, license_id, machine, at)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    )
    .bind(link_id, worker_id, version, platform, license_id, machine, at);
  if (license_id === null) return [count];
  const see = db
    .prepare("UPDATE machines SET last_seen_at = max(last_seen_at, ?) WHERE license_id = ? AND fingerprint_hash = ?")
    .bind(at, license_id, machine);
  return [count, see, ...(place === null ? [] : [placeWrite(db, license_id, place, at)])];
}

/** The write of a place at which a license was used. A second use on the same day writes nothing. */
function placeWrite(db: D1Database, licenseId: string, place: Place, at: UnixSeconds): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO license_places (license_id, country, network, first_day, last_day) VALUES (?1, ?2, ?3, ?4, ?4)
       ON CONFLICT DO UPDATE SET last_day = ?4 WHERE last_day < ?4`,
    )
    .bind(licenseId, place.country, place.network, startOfDay(at));
}

/**
 * The writes of any number of refused attempts, passed as one JSON value. Not idempotent: the queue rarely delivers a
 * message twice, and statistics tolerate it.
 */
export function refusalWrites(db: D1Database, refusals: readonly CountedRefusal[]): D1PreparedStatement[] {
  const sent = `(SELECT value ->> 'day' AS day, value ->> 'area' AS area, value ->> 'code' AS code,
      value ->> 'worker_id' AS worker_id, value ->> 'license_id' AS license_id, value ->> 'count' AS count,
      value ->> '$.place.country' AS country, value ->> '$.place.network' AS network
    FROM json_each(?))`;
  return [
    `INSERT INTO refusal_days (day, area, code, worker_id, count)
       SELECT day, area, code, coalesce(worker_id, ''), sum(count) FROM ${sent} GROUP BY 1, 2, 3, 4
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    `INSERT INTO license_refusals (day, license_id, code, count)
       SELECT day, license_id, code, sum(count) FROM ${sent} WHERE license_id IS NOT NULL GROUP BY 1, 2, 3
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    `INSERT INTO license_places (license_id, country, network, first_day, last_day)
       SELECT license_id, country, network, min(day), max(day) FROM ${sent}
       WHERE license_id IS NOT NULL AND country IS NOT NULL GROUP BY 1, 2, 3
       ON CONFLICT DO UPDATE SET last_day = excluded.last_day WHERE last_day < excluded.last_day`,
  ].map((sql) => db.prepare(sql).bind(JSON.stringify(refusals)));
}
