import { env } from "cloudflare:workers";
import { currentTime } from "../../src/lib/time.ts";
import type { DownloadMessage } from "../../src/platform/usage/message.ts";
import { LICENSE_DOWNLOAD_TABLES, unionAll } from "../../src/platform/usage/partition.ts";
import { recordUsage } from "../../src/platform/usage/store.ts";

/** A download of a premium worker by the link with this number. */
export const download = (link: number | string, more: Partial<DownloadMessage> = {}): DownloadMessage => ({
  link_id: `dl_${link}`,
  worker_id: "llm-worker-rbee-premium-cpu",
  version: "1.0.0",
  platform: "linux-x86_64",
  license_id: null,
  machine: null,
  place: null,
  at: currentTime(),
  ...more,
});

/** Writes messages to the statistics, as the queue's consumer does. */
export const record = (...messages: readonly unknown[]): Promise<void> => recordUsage(env.STATISTICS, messages);

/** The rows of a query of the statistics. */
export const statistics = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await env.STATISTICS.prepare(sql).all()).results;

/** Every download with a license, as a subquery. */
export const LICENSE_DOWNLOADS = `(${unionAll(LICENSE_DOWNLOAD_TABLES.map((table) => `SELECT * FROM ${table}`))})`;

/** The number of rows of the statistics under a condition. */
export async function countStatistics(table: string, where = "1 = 1"): Promise<number> {
  const [row] = await statistics(`SELECT count(*) AS n FROM ${table} WHERE ${where}`);
  return Number(row?.["n"] ?? -1);
}

const refuse = () => Promise.reject(new Error("D1_ERROR: Exceeded maximum DB size"));
const refused = { bind: () => refused, run: refuse, all: refuse, first: refuse, raw: refuse };

/** Statistics that refuse every statement, as D1 does when it is full or gone. */
export const brokenStatistics = { prepare: () => refused, batch: refuse, exec: refuse } as unknown as D1Database;

/** Statistics that never answer. */
export const silentStatistics = new Proxy(env.STATISTICS, {
  get: (db, name: keyof D1Database) => (name === "batch" ? () => new Promise(() => {}) : silent(db[name].bind(db))),
});

/** A statement that never answers, from one that would. */
const silent =
  (prepare: unknown) =>
  (sql: string): D1PreparedStatement => {
    const statement = (prepare as D1Database["prepare"])(sql);
    const never = () => new Promise<never>(() => {});
    return new Proxy(statement, {
      get: (one, name: keyof D1PreparedStatement) =>
        name === "bind" ? (...values: unknown[]) => silentBound(one.bind(...values)) : never,
    });
  };

const silentBound = (statement: D1PreparedStatement): D1PreparedStatement =>
  new Proxy(statement, { get: () => () => new Promise<never>(() => {}) });
