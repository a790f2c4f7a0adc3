import { DAY } from "../../src/lib/time.ts";
import { type LocalDatabase, localDatabase, type TableSize } from "./local-database.ts";
import { activateHive, renewLease, renewSubscription, sellLicense } from "./sample-life.ts";

const YEARS = 5;
const DAYS = YEARS * 365;
const LICENSES = 1_000_000;
const MACHINES = 2_000_000;

/** The rows of something that happens `total` times in five years, and is kept for some days. */
const keptOf = (total: number, days: number): number => Math.round((total / DAYS) * days);

/** A table after five years. `rows` follows from the sales, the machines and how long a row is kept. */
export type ModelRow = { table: string; rows: number; why: string };

/** The rows of the ledger after five years with a million licenses, two million machines and daily leases. */
export const LEDGER_MODEL: readonly ModelRow[] = [
  { table: "licenses", rows: LICENSES, why: "kept for ever" },
  {
    table: "machines",
    rows: MACHINES + keptOf(MACHINES, 90),
    why: "two million active, and as many replaced in five years, kept 90 days",
  },
  { table: "machine_activations", rows: keptOf(2 * MACHINES, 2), why: "kept 2 days" },
  {
    table: "audit",
    rows: LICENSES + 50_000 + keptOf(3 * MACHINES, 90) + keptOf(100_000, 90) + keptOf(LICENSES, 90),
    why:
      "one for each sale and 50,000 by admins for ever; activations, deactivations, granted leases and one sign-in a license, " +
      "kept 90 days",
  },
  {
    table: "orders",
    rows: LICENSES + keptOf(LICENSES, 90),
    why: "one for each sale for ever; as many unpaid, 90 days",
  },
  { table: "mails", rows: keptOf(LICENSES, 400), why: "kept 400 days" },
  { table: "stripe_events", rows: keptOf(4 * LICENSES, 60), why: "four for a sale, kept 60 days" },
  { table: "stripe_event_licenses", rows: keptOf(4 * LICENSES, 60), why: "the same" },
];

/** A table's rows after five years, the bytes that one more row takes with its indexes, and their product. */
export type SizedRow = ModelRow & { bytesPerRow: number; bytes: number };

/** The size of the ledger after five years, and how the measurement was made. */
export type LedgerGrowth = {
  tables: SizedRow[];
  bytes: number;
  /** Bytes for a license with its machines in the larger sample, divided by those in one of half the size. */
  linearity: number;
  /** Bytes and audit entries that 30 daily renewals of one lease added. */
  renewals: { bytes: number; entries: number };
  /** Bytes that the renewal of a subscription adds, kept 400 days. */
  subscriptionRenewal: number;
};

const NOW = 1_900_000_000;

async function live(ledger: LocalDatabase, licenses: number): Promise<{ licenses: string[]; machines: string[] }> {
  const sold: string[] = [];
  const machines: string[] = [];
  for (let index = 0; index < licenses; index++) {
    const id = await sellLicense(ledger.db, index, NOW - (licenses - index) * 60);
    sold.push(id);
    for (const name of ["1", "2"]) machines.push(await activateHive(ledger.db, id, `${index}-${name}`, NOW));
  }
  return { licenses: sold, machines };
}

const total = (sizes: ReadonlyMap<string, TableSize>): number =>
  [...sizes.values()].reduce((sum, { bytes }) => sum + bytes, 0);

/** Lets a sample of licenses live through the stores' own functions, and extrapolates the size of each table. */
export async function measureLedger(sample: number): Promise<LedgerGrowth> {
  const small = localDatabase("migrations");
  const empty = total(small.sizes());
  await live(small, sample / 2);
  const ledger = localDatabase("migrations");
  const { licenses, machines } = await live(ledger, sample);
  const sizes = ledger.sizes();
  const perLicense = (sum: number, count: number) => (sum - empty) / count;
  const linearity = perLicense(total(sizes), sample) / perLicense(total(small.sizes()), sample / 2);

  // Every other machine renews a lease for 30 days.
  await Promise.all(
    licenses.map((license, index) => renewLease(ledger.db, license, machines[2 * index] ?? "", 0, NOW)),
  );
  const granted = ledger.sizes();
  for (const [index, license] of licenses.entries())
    await renewLease(ledger.db, license, machines[2 * index] ?? "", 30, NOW, NOW + 30 * DAY);
  const renewed = ledger.sizes();
  const entries = (of: ReadonlyMap<string, TableSize>) => of.get("audit")?.rows ?? 0;
  for (const license of licenses) await renewSubscription(ledger.db, license, NOW);
  const paid = ledger.sizes();

  const before = small.sizes();
  const tables = LEDGER_MODEL.map((model) => {
    const more = (of: keyof TableSize) => (sizes.get(model.table)?.[of] ?? 0) - (before.get(model.table)?.[of] ?? 0);
    const bytesPerRow = more("bytes") / Math.max(1, more("rows"));
    return { ...model, bytesPerRow, bytes: Math.round(bytesPerRow * model.rows) };
  });
  return {
    tables,
    bytes: tables.reduce((sum, { bytes }) => sum + bytes, 0),
    linearity,
    renewals: { bytes: total(renewed) - total(granted), entries: entries(renewed) - entries(granted) },
    subscriptionRenewal: ((paid.get("audit")?.bytes ?? 0) - (renewed.get("audit")?.bytes ?? 0)) / licenses.length,
  };
}
