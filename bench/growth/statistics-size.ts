import { newId } from "../../src/lib/id.ts";
import { DAY, HOUR, startOfDay } from "../../src/lib/time.ts";
import { foldDownloads } from "../../src/platform/usage/fold.ts";
import type { DownloadMessage } from "../../src/platform/usage/message.ts";
import { recordUsage } from "../../src/platform/usage/store.ts";
import { countedDatabase } from "./counted-database.ts";
import { localDatabase } from "./local-database.ts";

const NOW = startOfDay(1_900_000_000);
const DOWNLOADS_A_YEAR = 100_000_000;
/** The files that are downloaded on one day: 12 workers, three platforms, and two versions of each. */
const FILES = 72;

const fileOf = (index: number) => ({
  worker_id: `llm-worker-rbee-premium-${index % 12}`,
  version: `1.${Math.floor(index / 36)}.0`,
  platform: ["linux-x86_64", "linux-aarch64", "macos-aarch64"][index % 3] ?? "",
});

const download = (index: number, license_id: string | null, at: number): DownloadMessage => ({
  link_id: newId("dl"),
  ...fileOf(index % FILES),
  license_id,
  machine: license_id === null ? null : "m".repeat(43),
  place: license_id === null ? null : { country: "NL", network: 1136 },
  at,
});

/** The statistics after five years: bytes of a row, and of the whole database by the share of licensed downloads. */
export type StatisticsGrowth = {
  bytesPerDownload: number;
  bytesPerDay: number;
  bytesPerPlace: number;
  /** The size if one in ten downloads has a license, and if all have. */
  bytes: { tenth: number; all: number };
};

/** Writes a sample through the store, and extrapolates. Downloads by license are kept for at most 105 days. */
export async function measureStatistics(sample: number): Promise<StatisticsGrowth> {
  const { db, sizes } = localDatabase("migrations/statistics");
  for (let index = 0; index < sample; index++)
    await recordUsage(db, [download(index, newId("lic"), NOW + Math.floor((index / sample) * DAY))]);
  for (let day = 0; day < 30; day++) {
    const counts = Array.from({ length: FILES }, (_, index) => ({ ...fileOf(index), day: NOW + day * DAY, count: 9 }));
    await recordUsage(db, [{ kind: "downloads", downloads: counts }]);
  }
  await foldDownloads(db, NOW + 31 * DAY);
  const measured = [...sizes()];
  const of = (pattern: RegExp) =>
    measured
      .filter(([name]) => pattern.test(name))
      .reduce((sum, [, { rows, bytes }]) => ({ rows: sum.rows + rows, bytes: sum.bytes + (rows > 0 ? bytes : 0) }), {
        rows: 0,
        bytes: 0,
      });
  const perRow = ({ rows, bytes }: { rows: number; bytes: number }) => bytes / Math.max(1, rows);
  const bytesPerDownload = perRow(of(/^license_downloads/));
  const bytesPerDay = perRow(of(/^download_days/)) * FILES;
  const bytesPerPlace = perRow(of(/^license_places/));
  const sizeOf = (licensed: number) =>
    Math.round(licensed * (105 / 365) * bytesPerDownload + 5 * 365 * bytesPerDay + 2_000_000 * bytesPerPlace);
  return {
    bytesPerDownload,
    bytesPerDay,
    bytesPerPlace,
    bytes: { tenth: sizeOf(DOWNLOADS_A_YEAR / 10), all: sizeOf(DOWNLOADS_A_YEAR) },
  };
}

/** Rows of D1 for one download, written and read, by D1's own count. */
export type DownloadRows = { written: number; read: number };

/**
 * The rows that a download without a license costs at a hundred million a year: the queue hands over a batch each 20
 * seconds, and the cron folds each hour. `statistics` is a database of workerd.
 */
export async function measureFreeDownload(statistics: D1Database): Promise<DownloadRows> {
  const counted = countedDatabase(statistics);
  const perBatch = Math.round((DOWNLOADS_A_YEAR / 365 / DAY) * 20);
  let downloads = 0;
  for (let second = 0; second < HOUR; second += 20) {
    const batch = Array.from({ length: perBatch }, () => download(downloads++, null, NOW + second));
    await recordUsage(counted.db, batch);
  }
  await foldDownloads(counted.db, NOW + HOUR);
  const { rowsWritten, rowsRead } = counted.take();
  return { written: rowsWritten / downloads, read: rowsRead / downloads };
}

/**
 * The rows that a download with a license costs, in a place where the license was used before. The fold of its hour and
 * the end of its table after 90 days are included: the table is dropped, which writes no row.
 */
export async function measureLicensedDownload(statistics: D1Database, sample: number): Promise<DownloadRows> {
  const counted = countedDatabase(statistics);
  const licenses = Array.from({ length: sample }, () => newId("lic"));
  const at = NOW + 2 * DAY;
  await recordUsage(
    counted.db,
    licenses.map((license_id) => ({ kind: "use", license_id, place: { country: "NL", network: 1136 }, at })),
  );
  counted.take();
  for (const [index, license] of licenses.entries()) await recordUsage(counted.db, [download(index, license, at)]);
  await foldDownloads(counted.db, at + HOUR);
  const { rowsWritten, rowsRead } = counted.take();
  return { written: rowsWritten / sample, read: rowsRead / sample };
}
