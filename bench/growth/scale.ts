import { readStandings } from "../../src/domain/figures/standings.ts";
import { searchLicenses } from "../../src/domain/licensing/license/search.ts";
import { requireLicense } from "../../src/domain/licensing/license/store.ts";
import { hashFingerprint } from "../../src/domain/licensing/machine/fingerprint.ts";
import { takeSeat } from "../../src/domain/licensing/machine/take-seat.ts";
import { listedStatuses } from "../../src/domain/licensing/token/status-store.ts";
import { tellByClock } from "../../src/domain/mail/clock.ts";
import { currentTime, type UnixSeconds } from "../../src/lib/time.ts";
import { forgetOldRows } from "../../src/platform/storage/retention.ts";
import { countedDatabase, type Work } from "./counted-database.ts";
import { filled, fillLedger } from "./fill.ts";
import { startDatabases } from "./workerd-databases.ts";

/** The numbers of licenses that are compared. */
export const SCALES = [1_000, 100_000, 1_000_000] as const;

type Operation = (db: D1Database, licenses: number, now: UnixSeconds, round: number) => Promise<unknown>;

const PAGE = 50;
const middle = (licenses: number, round: number) => filled(Math.floor(licenses / 2) + round);

/** What is measured, by its name in the report. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  "Search by mail address": (db, licenses, now, round) =>
    searchLicenses(db, { q: middle(licenses, round).email }, PAGE, now),
  "Search by machine": (db, licenses, now, round) =>
    searchLicenses(db, { q: middle(licenses, round).machine }, PAGE, now),
  "List, newest first": (db, _, now) => searchLicenses(db, {}, PAGE, now),
  "List of a sold plan": (db, _, now) => searchLicenses(db, { plan: "premium-lifetime" }, PAGE, now),
  "List of trials": (db, _, now) => searchLicenses(db, { plan: "premium-trial" }, PAGE, now),
  "List of revoked licenses": (db, _, now) => searchLicenses(db, { status: "revoked" }, PAGE, now),
  Activation: async (db, licenses, now, round) => {
    const { id } = middle(licenses, round);
    const facts = {
      forms: [await hashFingerprint(id, `new-${round}`)] as const,
      name: "new",
      platform: "linux-x86_64",
    };
    return takeSeat(db, await requireLicense(db, id), facts, { actor: `license:${id}`, requestId: null, now });
  },
  "Status list of 65,536 places": (db, _, now, round) => listedStatuses(db, round, now),
  "Licenses in force, for metrics": (db, _, now) => readStandings(db, now),
  "Hourly job: mails about an end": (db, _, now) => tellByClock(db, now),
  "Daily job: old rows": (db, _, now) => forgetOldRows(db, now),
};

/** The work of an operation at each scale: the medians of its rows, and the mean of D1's own time. */
export type Scaled = { name: string; work: Work[] };

const ROUNDS = 20;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Measures each operation with its own function on ledgers of workerd's D1. `say` hears of the progress. */
export async function measureScales(scales: readonly number[], say: (text: string) => void): Promise<Scaled[]> {
  const databases = await startDatabases(scales);
  try {
    const now = currentTime();
    const results = new Map<string, Work[]>(Object.keys(OPERATIONS).map((name) => [name, []]));
    for (const licenses of scales) {
      say(`${licenses} licenses ...`);
      const ledger = databases.ledgerOf(licenses);
      await fillLedger(ledger, licenses, now);
      const counted = countedDatabase(ledger);
      for (const [name, operation] of Object.entries(OPERATIONS)) {
        const works: Work[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          await operation(counted.db, licenses, now, round);
          works.push(counted.take());
        }
        const of = (part: "rowsRead" | "rowsWritten") => median(works.map((work) => work[part]));
        // D1 tells whole milliseconds, so the median of short statements would be 0.
        const milliseconds = works.reduce((sum, work) => sum + work.milliseconds, 0) / works.length;
        results.get(name)?.push({ rowsRead: of("rowsRead"), rowsWritten: of("rowsWritten"), milliseconds });
      }
    }
    return [...results].map(([name, work]) => ({ name, work }));
  } finally {
    await databases.stop();
  }
}
