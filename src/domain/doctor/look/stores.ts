import * as z from "zod";
import { withDeadline } from "../../../lib/deadline.ts";
import { messageOf } from "../../../lib/error-message.ts";
import type { Deployment } from "../../../platform/config/deployment.ts";
import { readMark } from "../../../platform/storage/deployment.ts";
import { MARKED_STORES, type MarkedStore, readStoreMark } from "../../../platform/storage/store-mark.ts";
import { readStatisticsMark } from "../../../platform/usage/owner.ts";
import {
  checkMigrations,
  checkOwnership,
  checkSize,
  checkStores,
  type MarkFact,
  type StoreFact,
} from "../check/store.ts";
import { checkQueues, type QueueFact } from "../check/work.ts";
import { MIGRATIONS } from "../migrations.ts";
import { type DoctorScope, type Examination, ownDeployment } from "../scope.ts";

/** A store that takes longer than this, in milliseconds, counts as down. */
const PATIENCE_MS = 3_000;

const LEDGER = "ledger (D1)";
const STATISTICS_NAME = "statistics (D1)";

/** The names of the stores that the Worker marks. */
const NAMES: Readonly<Record<MarkedStore, string>> = {
  edge: "edge copy (KV)",
  binaries: "binaries (R2)",
  backups: "backups (R2)",
};

/** A small request to each store. */
const asking = ({ DB, STATISTICS, EDGE, BINARIES, BACKUPS }: Env): [name: string, ask: () => Promise<unknown>][] => [
  [LEDGER, () => DB.prepare("SELECT 1").first()],
  [STATISTICS_NAME, () => STATISTICS.prepare("SELECT 1").first()],
  [NAMES.edge, () => EDGE.get("health")],
  [NAMES.binaries, () => BINARIES.head("health")],
  [NAMES.backups, () => BACKUPS.head("health")],
];

async function probe(name: string, ask: () => Promise<unknown>): Promise<StoreFact> {
  const began = performance.now();
  try {
    await withDeadline(ask, PATIENCE_MS);
    return { name, answer: { ms: Math.round(performance.now() - began) } };
  } catch (error) {
    return { name, answer: { error: messageOf(error) } };
  }
}

const storesAnswer: Examination = {
  checks: ["store"],
  look: async ({ env }) => checkStores(await Promise.all(asking(env).map(([name, ask]) => probe(name, ask)))),
};

/** The value of `read`, or undefined if it fails or takes too long. */
const orUndefined = <Value>(read: () => Promise<Value>): Promise<Value | undefined> =>
  withDeadline(read, PATIENCE_MS).catch(() => undefined);

const storesAreOwn: Examination = {
  checks: ["ownership"],
  async look({ env, config }) {
    const ledger = await withDeadline(() => readMark(env.DB), PATIENCE_MS);
    const markOf = async (name: string, read: () => Promise<Deployment | null>): Promise<MarkFact> => ({
      name,
      mark: await orUndefined(read),
    });
    const marks = await Promise.all([
      markOf(STATISTICS_NAME, () => readStatisticsMark(env.STATISTICS)),
      ...MARKED_STORES.map((store) => markOf(NAMES[store], () => readStoreMark(env, store))),
    ]);
    return checkOwnership(ownDeployment(config), ledger, [{ name: LEDGER, mark: ledger }, ...marks]);
  },
};

const Migration = z.object({ name: z.string() });

/** Size and migrations of one database. */
const databaseOf = (name: string, wanted: readonly string[], of: (env: Env) => D1Database): Examination => ({
  checks: ["size", "migrations"],
  async look({ env }: DoctorScope) {
    const { results, meta } = await of(env).prepare("SELECT name FROM d1_migrations").all();
    const applied = results.map((row) => Migration.parse(row).name);
    return [checkSize(name, meta.size_after), checkMigrations(name, wanted, applied)];
  },
});

const queues: Examination = {
  checks: ["queue"],
  async look({ env, now }) {
    const facts = [ask("jobs", env.JOBS), ask("downloads", env.DOWNLOADS)];
    return checkQueues(await Promise.all(facts), now);
  },
};

async function ask(name: string, queue: Queue): Promise<QueueFact> {
  try {
    const { backlogCount, oldestMessageTimestamp } = await withDeadline(() => queue.metrics(), PATIENCE_MS);
    return { name, waiting: backlogCount, oldestMs: oldestMessageTimestamp?.getTime() ?? null };
  } catch (error) {
    return { name, error: messageOf(error) };
  }
}

/** The checks of D1, KV, R2 and the queues. */
export const STORE_EXAMINATIONS: readonly Examination[] = [
  storesAnswer,
  storesAreOwn,
  databaseOf(LEDGER, MIGRATIONS.ledger, ({ DB }) => DB),
  databaseOf(STATISTICS_NAME, MIGRATIONS.statistics, ({ STATISTICS }) => STATISTICS),
  queues,
];
