import { startOfDay, type UnixSeconds } from "../../lib/time.ts";
import type { DownloadMessage } from "./message.ts";
import type { Place } from "./place.ts";
import type { CountedRefusal } from "./refusal-tally.ts";

/** The writes of a download: once for each link, however often it is told. The table's trigger counts its day. */
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

/** The write of a place that a license was used from; a second use on the same day writes nothing. */
export function placeWrite(db: D1Database, licenseId: string, place: Place, at: UnixSeconds): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO license_places (license_id, country, network, first_day, last_day) VALUES (?1, ?2, ?3, ?4, ?4)
       ON CONFLICT DO UPDATE SET last_day = ?4 WHERE last_day < ?4`,
    )
    .bind(licenseId, place.country, place.network, startOfDay(at));
}

/**
 * The writes of refused attempts, however many, as they stand in JSON. Told twice they count twice: the queue rarely does that, and
 * nothing hangs on it.
 */
export function refusalWrites(db: D1Database, refusals: readonly CountedRefusal[]): D1PreparedStatement[] {
  const told = `(SELECT value ->> 'day' AS day, value ->> 'area' AS area, value ->> 'code' AS code,
      value ->> 'worker_id' AS worker_id, value ->> 'license_id' AS license_id, value ->> 'count' AS count,
      value ->> '$.place.country' AS country, value ->> '$.place.network' AS network
    FROM json_each(?))`;
  return [
    `INSERT INTO refusal_days (day, area, code, worker_id, count)
       SELECT day, area, code, coalesce(worker_id, ''), sum(count) FROM ${told} GROUP BY 1, 2, 3, 4
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    `INSERT INTO license_refusals (day, license_id, code, count)
       SELECT day, license_id, code, sum(count) FROM ${told} WHERE license_id IS NOT NULL GROUP BY 1, 2, 3
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    `INSERT INTO license_places (license_id, country, network, first_day, last_day)
       SELECT license_id, country, network, min(day), max(day) FROM ${told}
       WHERE license_id IS NOT NULL AND country IS NOT NULL GROUP BY 1, 2, 3
       ON CONFLICT DO UPDATE SET last_day = excluded.last_day WHERE last_day < excluded.last_day`,
  ].map((sql) => db.prepare(sql).bind(JSON.stringify(refusals)));
}
