import { costOfMillion } from "./download-cost.ts";
import { measureLedger } from "./ledger-size.ts";
import { localDatabase } from "./local-database.ts";
import { type GrowthReport, growthText, missedAims, writeGrowth } from "./report.ts";
import { activateHive, sellLicense } from "./sample-life.ts";
import { measureScales, SCALES } from "./scale.ts";
import { measureFreeDownload, measureLicensedDownload, measureStatistics } from "./statistics-size.ts";
import { startDatabases } from "./workerd-databases.ts";

/** The licenses of the sample whose tables are measured. */
const SAMPLE = 4_000;

/** The licenses that workerd's D1 and Node's SQLite are compared on. */
const COMPARED = 300;

const NOW = 1_900_000_000;

async function sampleOf(db: D1Database): Promise<void> {
  for (let index = 0; index < COMPARED; index++) {
    const id = await sellLicense(db, index, NOW);
    await activateHive(db, id, String(index), NOW);
  }
}

/** The bytes of a small sample in workerd's D1, divided by those in Node's SQLite. */
async function compareDatabases(ledger: D1Database): Promise<number> {
  const size = async () => (await ledger.prepare("SELECT 1").run()).meta.size_after;
  const local = localDatabase("migrations");
  const bytes = () => [...local.sizes().values()].reduce((sum, table) => sum + table.bytes, 0);
  const before = { workerd: await size(), node: bytes() };
  await sampleOf(ledger);
  await sampleOf(local.db);
  return ((await size()) - before.workerd) / (bytes() - before.node);
}

async function measureGrowth(say: (text: string) => void): Promise<GrowthReport> {
  const began = Date.now();
  say("the ledger's tables ...");
  const ledger = await measureLedger(SAMPLE);
  say("the statistics ...");
  const statistics = await measureStatistics(2 * SAMPLE);
  say("rows of downloads, in workerd's D1 ...");
  const databases = await startDatabases([COMPARED]);
  const rows = await (async () => {
    try {
      const free = await measureFreeDownload(databases.statistics);
      const licensed = await measureLicensedDownload(databases.statistics, 1_000);
      return { free, licensed, agreement: await compareDatabases(databases.ledgerOf(COMPARED)) };
    } finally {
      await databases.stop();
    }
  })();
  const scales = await measureScales(SCALES, say);
  return {
    seconds: (Date.now() - began) / 1000,
    ledger,
    statistics,
    agreement: rows.agreement,
    rows: { free: rows.free, licensed: rows.licensed },
    cost: costOfMillion(rows.licensed),
    scales,
  };
}

/** `npm run bench -- --growth`: prints the growth, and fails if it misses an aim. */
export async function benchGrowth({ json, write }: { json: boolean; write: boolean }): Promise<void> {
  const report = await measureGrowth((text) => process.stderr.write(`${text}\n`));
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : growthText(report));
  if (write) await writeGrowth(report);
  const missed = missedAims(report);
  if (missed.length > 0) throw new Error(`Missed: ${missed.join("; ")}.`);
}
