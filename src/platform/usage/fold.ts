import { DAY, type UnixSeconds } from "../../lib/time.ts";
import { readWatermark, writeWatermark } from "../storage/watermark.ts";
import { expiredTable, LICENSE_DOWNLOAD_TABLES, startOfHour, unionAll } from "./partition.ts";
import { LICENSED_FOLD } from "./store.ts";

/** The rows of `download_batches` that one call folds. */
const BATCHES_AT_ONCE = 1_000;

const ADD = "ON CONFLICT DO UPDATE SET count = count + excluded.count";

/**
 * Adds the batches of free downloads, and the downloads with a license of the hours that have passed, to
 * `download_days`. One transaction, so each counts once. It takes 1,000 batches and a day at most, and tells whether
 * more wait. Throws D1's errors.
 */
export async function foldDownloads(db: D1Database, now: UnixSeconds): Promise<{ hasMore: boolean }> {
  const next = await db
    .prepare(
      `SELECT max(id) AS last, count(*) AS batches FROM (SELECT id FROM download_batches ORDER BY id LIMIT ${BATCHES_AT_ONCE})`,
    )
    .first<{ last: number | null; batches: number }>();
  const last = next?.last ?? 0;
  const { at: from } = await readWatermark(db, LICENSED_FOLD);
  const firsts = LICENSE_DOWNLOAD_TABLES.map(
    (table) => `SELECT (SELECT hour FROM ${table} WHERE hour >= ?1 ORDER BY hour LIMIT 1) AS hour`,
  );
  const oldest = await db
    .prepare(`SELECT min(hour) AS hour FROM (${unionAll(firsts)})`)
    .bind(from)
    .first<UnixSeconds>("hour");
  const until = Math.min(startOfHour(now), oldest === null ? Number.MAX_SAFE_INTEGER : oldest + DAY);
  const licensed = LICENSE_DOWNLOAD_TABLES.map((table) =>
    db
      .prepare(
        `INSERT INTO download_days (day, worker_id, version, platform, count)
         SELECT hour - hour % ${DAY}, worker_id, version, platform, count(*) FROM ${table}
         WHERE hour >= (SELECT at FROM watermarks WHERE name = '${LICENSED_FOLD}') AND hour < ? GROUP BY 1, 2, 3, 4 ${ADD}`,
      )
      .bind(until),
  );
  await db.batch([
    db
      .prepare(
        `INSERT INTO download_days (day, worker_id, version, platform, count)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, sum(value ->> 4)
         FROM download_batches, json_each(counts) WHERE download_batches.id <= ? GROUP BY 1, 2, 3, 4 ${ADD}`,
      )
      .bind(last),
    db.prepare("DELETE FROM download_batches WHERE id <= ?").bind(last),
    ...licensed,
    db.prepare(`UPDATE watermarks SET at = max(at, ?) WHERE name = '${LICENSED_FOLD}'`).bind(until),
  ]);
  return { hasMore: next?.batches === BATCHES_AT_ONCE || until < startOfHour(now) };
}

/** How long refusals and places are kept, in seconds. Places are personal data. */
const USAGE_KEPT = 90 * DAY;

/** The licenses whose places one run checks. A run an hour comes around two million in a day. */
const PLACES_AT_ONCE = 100_000;

/**
 * Removes statistics that nobody needs any more: refusals and places after 90 days, and downloads by license after 90
 * to 105. Counts by day stay. Run it each hour. Throws D1's errors.
 */
export async function forgetOldUsage(db: D1Database, now: UnixSeconds): Promise<void> {
  await emptyTable(db, expiredTable(now));
  const { position } = await readWatermark(db, "places");
  const last = await db
    .prepare("SELECT license_id FROM license_places WHERE license_id > ? ORDER BY license_id LIMIT 1 OFFSET ?")
    .bind(position ?? "", PLACES_AT_ONCE)
    .first<string>("license_id");
  await db.batch([
    db.prepare("DELETE FROM refusal_days WHERE day < ?").bind(now - USAGE_KEPT),
    db.prepare("DELETE FROM license_refusals WHERE day < ?").bind(now - USAGE_KEPT),
    db
      .prepare("DELETE FROM license_places WHERE license_id > ? AND license_id <= ? AND last_day < ?")
      .bind(position ?? "", last ?? "~", now - USAGE_KEPT),
  ]);
  await writeWatermark(db, "places", { at: now, position: last });
}

/**
 * Empties a table by making it anew, unless it has rows that are not folded yet. D1 bills each deleted row, but not
 * those of a dropped table.
 */
async function emptyTable(db: D1Database, table: string): Promise<void> {
  const { at: folded } = await readWatermark(db, LICENSED_FOLD);
  const some = async (from: UnixSeconds) =>
    (await db.prepare(`SELECT 1 FROM ${table} WHERE hour >= ? LIMIT 1`).bind(from).first()) !== null;
  if (!(await some(0)) || (await some(folded))) return;
  const sql = await db.prepare("SELECT sql FROM sqlite_schema WHERE name = ?").bind(table).first<string>("sql");
  if (sql !== null) await db.batch([db.prepare(`DROP TABLE ${table}`), db.prepare(sql)]);
}
