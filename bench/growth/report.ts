import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cost } from "./download-cost.ts";
import type { LedgerGrowth } from "./ledger-size.ts";
import { CHECKOUT } from "./local-database.ts";
import { SCALES, type Scaled } from "./scale.ts";
import type { DownloadRows, StatisticsGrowth } from "./statistics-size.ts";

/** The results of `npm run bench -- --growth`. */
export type GrowthReport = {
  seconds: number;
  ledger: LedgerGrowth;
  statistics: StatisticsGrowth;
  /** Bytes of one sample in workerd's D1, divided by those in Node's SQLite. */
  agreement: number;
  rows: { free: DownloadRows; licensed: DownloadRows };
  cost: Cost;
  scales: Scaled[];
};

/** The aims of the growth: bytes of the ledger, rows of a free download, USD of a million premium downloads. */
const AIMS = { ledgerBytes: 2e9, freeRows: 0.05, usd: 4 } as const;

/** The aims that a report misses, in words. */
export const missedAims = ({ ledger, rows, cost }: GrowthReport): string[] => [
  ...(ledger.bytes < AIMS.ledgerBytes ? [] : [`the ledger has ${gigabytes(ledger.bytes)} GB, not under 2`]),
  ...(rows.free.written < AIMS.freeRows
    ? []
    : [`a free download writes ${rows.free.written.toFixed(3)} rows, not under 0.05`]),
  ...(cost.usd < AIMS.usd ? [] : [`a million premium downloads cost USD ${cost.usd.toFixed(2)}, not under 4`]),
];

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(2);
const count = (value: number): string => Math.round(value).toLocaleString("en-US");

/** A table in Markdown. */
const table = (headings: readonly string[], rows: readonly (readonly string[])[]): string =>
  [headings, headings.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

/** The report as Markdown, for a terminal and for docs/performance.md. */
export function growthText({ seconds, ledger, statistics, agreement, rows, cost, scales }: GrowthReport): string {
  const share = (bytes: number) => `${((bytes / ledger.bytes) * 100).toFixed(0)} %`;
  return `${[
    "**The ledger after five years** with 1 million licenses, 2 million machines, 100 million downloads a year, and a lease of " +
      `100,000 machines renewed each day: **${gigabytes(ledger.bytes)} GB** (aim: under 2).`,
    table(
      ["Table", "Rows", "Bytes a row, with indexes", "MB", "Share", "Rows are"],
      ledger.tables.map(({ table, rows, bytesPerRow, bytes, why }) => [
        ...[`\`${table}\``, count(rows), count(bytesPerRow), count(bytes / 1e6), share(bytes), why],
      ]),
    ),
    [
      "- A download and a use add nothing to the ledger. Thirty daily renewals of a lease add " +
        `${ledger.renewals.bytes} bytes and ${ledger.renewals.entries} entries of the audit trail.`,
      `- The renewal of a subscription adds ${count(ledger.subscriptionRenewal)} bytes for 400 days: 100,000 monthly ` +
        `subscriptions add ${gigabytes(ledger.subscriptionRenewal * 100_000 * 13.2)} GB.`,
      `- A license in a sample of twice the size takes ${ledger.linearity.toFixed(3)} times the bytes, and a sample in workerd's D1 ` +
        `${agreement.toFixed(3)} times those in Node's SQLite, which measures the pages here.`,
      `- The statistics have ${gigabytes(statistics.bytes.tenth)} GB if a tenth of the downloads has a license, and ` +
        `${gigabytes(statistics.bytes.all)} GB if all have (${count(statistics.bytesPerDownload)} bytes each, kept 105 days at most).`,
    ].join("\n"),
    `**A million premium downloads cost USD ${cost.usd.toFixed(2)}** (aim: under 4) at published prices, beyond every free allowance. ` +
      `If each request reaches another isolate, KV is read twice as often: USD ${cost.usdElsewhere.toFixed(2)}. A free download writes ` +
      `${rows.free.written.toFixed(3)} rows of D1 (aim: under 0.05), a premium one ${rows.licensed.written.toFixed(2)}.`,
    table(
      ["Item", "Of one download", "USD a million", "Price from"],
      cost.lines.map(({ item, each, usd, source }) => [
        item,
        String(Number(each.toPrecision(3))),
        usd.toFixed(2),
        `<${source}>`,
      ]),
    ),
    "**What grows with the number of licenses**: rows that D1 reads, and its time, with the ratio to the smallest ledger's (0.1 ms at least).",
    table(
      ["Operation", ...SCALES.map((scale) => `${count(scale)} licenses`)],
      scales.map(({ name, work }) => [
        name,
        ...work.map(({ rowsRead, milliseconds }) => {
          const ratio = milliseconds / Math.max(0.1, work[0]?.milliseconds ?? 0);
          return `${count(rowsRead)} rows, ${milliseconds.toFixed(1)} ms (x ${ratio.toFixed(1)})`;
        }),
      ]),
    ),
    `The run took ${count(seconds / 60)} minutes.`,
  ].join("\n\n")}\n`;
}

const BEGIN = "<!-- npm run bench -- --growth --write -->";
const END = "<!-- end of growth -->";

/** Replaces the tables of growth in docs/performance.md. Throws if the file lacks the markers. */
export async function writeGrowth(report: GrowthReport): Promise<void> {
  const file = join(CHECKOUT, "docs/performance.md");
  const text = await readFile(file, "utf8");
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} lacks the markers of growth: ${BEGIN} ... ${END}`);
  await writeFile(file, `${text.slice(0, begin)}${BEGIN}\n${growthText(report)}${text.slice(end)}`);
}
