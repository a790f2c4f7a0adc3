import * as z from "zod";
import { logFailure } from "../../lib/log.ts";
import { DAY, startOfDay, type UnixSeconds } from "../../lib/time.ts";
import { type CountedRefusal, type DownloadMessage, type FileDownloads, type Place, UsageMessage } from "./message.ts";
import { licenseDownloadTable, startOfHour } from "./partition.ts";

/** A license was used in a place on a day. */
type PlaceOfUse = Place & { license_id: string; day: UnixSeconds };

/** The watermark of the hour up to which licensed downloads are in `download_days`. */
export const LICENSED_FOLD = "license_downloads";

/** A download with a license. */
type LicensedDownload = DownloadMessage & { license_id: string };

/** The entries of many messages, by the tables that they go to. */
class Usage {
  readonly licensed: LicensedDownload[] = [];
  readonly free: FileDownloads[] = [];
  readonly places: PlaceOfUse[] = [];
  readonly refusals: CountedRefusal[] = [];
  readonly #freeLinks = new Set<string>();

  add(message: UsageMessage): void {
    if (!("kind" in message)) this.#addDownload(message);
    else if (message.kind === "use") this.#addPlace(message.license_id, message.place, startOfDay(message.at));
    else if (message.kind === "downloads") this.free.push(...message.downloads);
    else this.#addRefusals(message.refusals);
  }

  #addDownload(download: DownloadMessage): void {
    const { link_id, worker_id, version, platform, license_id, place, at } = download;
    const day = startOfDay(at);
    if (license_id !== null) {
      this.licensed.push({ ...download, license_id });
      this.#addPlace(license_id, place, day);
    } else if (!this.#freeLinks.has(link_id)) {
      this.#freeLinks.add(link_id);
      this.free.push({ day, worker_id, version, platform, count: 1 });
    }
  }

  #addRefusals(refusals: readonly CountedRefusal[]): void {
    this.refusals.push(...refusals);
    for (const { license_id, place, day } of refusals) if (license_id) this.#addPlace(license_id, place, day);
  }

  #addPlace(license_id: string, place: Place | null, day: UnixSeconds): void {
    if (place) this.places.push({ license_id, ...place, day });
  }
}

/**
 * Writes messages to the statistics in one transaction. Downloads with a license are exact: a link counts once, however
 * often its message arrives. The other counts are not idempotent: if the queue delivers a batch twice, they count
 * twice. Logs and drops a message of unknown shape. Throws D1's errors; the queue then delivers the batch again.
 */
export async function recordUsage(db: D1Database, bodies: readonly unknown[]): Promise<void> {
  const usage = new Usage();
  for (const body of bodies) {
    const message = UsageMessage.safeParse(body);
    if (message.success) usage.add(message.data);
    else logFailure("usage.malformed", z.prettifyError(message.error));
  }
  const writes = [
    ...licensedWrites(db, usage.licensed),
    ...placeWrites(db, usage.places),
    ...freeWrites(db, usage.free),
    ...refusalWrites(db, usage.refusals),
  ];
  if (writes.length > 0) await db.batch(writes);
}

const DOWNLOAD_COLUMNS = ["hour", "license_id", "link_id", "worker_id", "version", "platform", "machine", "at"];

/**
 * The writes of downloads with a license: a row for each new link. The cron folds the rows of an hour into
 * `download_days` when the hour has passed. A row that comes later is counted for its day at once.
 */
function licensedWrites(db: D1Database, downloads: readonly LicensedDownload[]): D1PreparedStatement[] {
  const sent = sentRows(DOWNLOAD_COLUMNS);
  return [...Map.groupBy(downloads, ({ at }) => licenseDownloadTable(at))].flatMap(([table, rows]) => {
    const values = JSON.stringify(rows.map((row) => ({ ...row, hour: startOfHour(row.at) })));
    return [
      `INSERT INTO download_days (day, worker_id, version, platform, count)
         SELECT hour - hour % ${DAY}, worker_id, version, platform, count(DISTINCT link_id) FROM ${sent} AS sent
         WHERE hour < (SELECT at FROM watermarks WHERE name = '${LICENSED_FOLD}') AND NOT EXISTS (SELECT 1 FROM ${table} AS known
           WHERE known.hour = sent.hour AND known.license_id = sent.license_id AND known.link_id = sent.link_id)
         GROUP BY 1, 2, 3, 4 ON CONFLICT DO UPDATE SET count = count + excluded.count`,
      `INSERT INTO ${table} (${DOWNLOAD_COLUMNS.join(", ")})
         SELECT ${DOWNLOAD_COLUMNS.join(", ")} FROM ${sent} WHERE true ON CONFLICT DO NOTHING`,
    ].map((sql) => db.prepare(sql).bind(values));
  });
}

/** A license that is used in one place alone writes that place again after this many days only. */
const ONE_PLACE_DAYS = 60;

/**
 * The writes of places of use. A second use on the same day writes nothing, and a license with one place writes it once
 * in ONE_PLACE_DAYS, because only use from many places matters.
 */
function placeWrites(db: D1Database, places: readonly PlaceOfUse[]): D1PreparedStatement[] {
  const sql = `INSERT INTO license_places (license_id, country, network, first_day, last_day)
    SELECT license_id, country, network, min(day), max(day) FROM ${sentRows(["license_id", "country", "network", "day"])}
    WHERE true GROUP BY 1, 2, 3
    ON CONFLICT DO UPDATE SET last_day = excluded.last_day WHERE last_day < excluded.last_day
      AND (last_day < excluded.last_day - ${ONE_PLACE_DAYS * DAY} OR EXISTS (SELECT 1 FROM license_places AS other
        WHERE other.license_id = license_places.license_id
          AND (other.country <> license_places.country OR other.network <> license_places.network)))`;
  return parts(places).map((part) => db.prepare(sql).bind(part));
}

/** The write of downloads without a license: one row, which the cron folds into `download_days`. */
function freeWrites(db: D1Database, downloads: readonly FileDownloads[]): D1PreparedStatement[] {
  if (downloads.length === 0) return [];
  const counts = summed(downloads, ({ day, worker_id, version, platform }) =>
    JSON.stringify([day, worker_id, version, platform]),
  );
  const rows = counts.map(({ day, worker_id, version, platform, count }) => [day, worker_id, version, platform, count]);
  return [db.prepare("INSERT INTO download_batches (counts) VALUES (?)").bind(JSON.stringify(rows))];
}

/** The writes of refused attempts. */
function refusalWrites(db: D1Database, refusals: readonly CountedRefusal[]): D1PreparedStatement[] {
  const different = summed(refusals, ({ day, area, code, worker_id, license_id }) =>
    JSON.stringify([day, area, code, worker_id, license_id]),
  );
  const sent = sentRows(["day", "area", "code", "worker_id", "license_id", "count"]);
  return parts(different).flatMap((part) =>
    [
      `INSERT INTO refusal_days (day, area, code, worker_id, count)
         SELECT day, area, code, coalesce(worker_id, ''), sum(count) FROM ${sent} WHERE true GROUP BY 1, 2, 3, 4
         ON CONFLICT DO UPDATE SET count = count + excluded.count`,
      `INSERT INTO license_refusals (day, license_id, code, count)
         SELECT day, license_id, code, sum(count) FROM ${sent} WHERE license_id IS NOT NULL GROUP BY 1, 2, 3
         ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    ].map((sql) => db.prepare(sql).bind(part)),
  );
}

/** The maximum number of entries in a parameter of JSON, so that it stays far below D1's 2 MB. */
const ENTRIES_AT_ONCE = 2_000;

/** Entries as parameters of JSON. */
const parts = (entries: readonly unknown[]): string[] =>
  Array.from({ length: Math.ceil(entries.length / ENTRIES_AT_ONCE) }, (_, part) =>
    JSON.stringify(entries.slice(part * ENTRIES_AT_ONCE, (part + 1) * ENTRIES_AT_ONCE)),
  );

/** A subquery over the objects in a JSON parameter, with these members as columns. */
const sentRows = (columns: readonly string[]): string =>
  `(SELECT ${columns.map((column) => `value ->> '${column}' AS ${column}`).join(", ")} FROM json_each(?1))`;

/** One entry for each different key, with the sum of the counts. */
function summed<Entry extends { count: number }>(entries: readonly Entry[], keyOf: (entry: Entry) => string): Entry[] {
  const sums = new Map<string, Entry>();
  for (const entry of entries) {
    const key = keyOf(entry);
    sums.set(key, { ...entry, count: (sums.get(key)?.count ?? 0) + entry.count });
  }
  return [...sums.values()];
}
