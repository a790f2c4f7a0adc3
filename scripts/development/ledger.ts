import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { PROJECT } from "./paths.ts";

/** The bindings of the databases in wrangler.toml, and their folders of migrations. */
const MIGRATIONS = { DB: "migrations", STATISTICS: "migrations/statistics" } as const;
type Binding = keyof typeof MIGRATIONS;

const Databases = z.object({ result: z.array(z.object({ name: z.string(), uuid: z.string() })) });
const Answer = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ message: z.string() })),
  result: z.array(z.object({ results: z.object({ rows: z.array(z.array(z.unknown())) }) })).nullish(),
});

/** SQL, of one statement if it has parameters. */
export type Query = { sql: string; params?: string[] };

/** A D1 database of a running `wrangler dev`. */
export type Ledger = {
  /** Runs queries in one transaction and returns the rows of each statement. Throws D1's message if one fails. */
  execute(queries: readonly Query[]): Promise<unknown[][][]>;
};

/**
 * A database of the `wrangler dev` at `url`, the ledger unless `binding` names another, through its Local Explorer API
 * (https://developers.cloudflare.com/workers/development-testing/local-explorer/). One such request takes milliseconds;
 * one `wrangler d1` command takes seconds, because it starts a server of its own for every file.
 */
export async function openLedger(url: string, binding: Binding = "DB"): Promise<Ledger> {
  const api = `${url}/cdn-cgi/local/explorer/api/d1/database`;
  const { result } = Databases.parse(await (await fetch(api)).json());
  const database = result.find(({ name }) => name === binding);
  if (database === undefined) throw new Error(`The development server has no database that is bound as ${binding}.`);
  return {
    async execute(queries) {
      const response = await fetch(`${api}/${encodeURIComponent(database.uuid)}/raw`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ batch: queries }),
      });
      const answer = Answer.parse(await response.json());
      if (!answer.success) throw new Error(answer.errors.map(({ message }) => message).join(" "));
      return (answer.result ?? []).map(({ results }) => results.rows);
    },
  };
}

/** The table of `wrangler d1 migrations`, so its commands know the same migrations as applied. */
const MIGRATIONS_TABLE =
  "CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, " +
  "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)";

/**
 * Applies the migrations that are missing in the databases of the `wrangler dev` at `url`, each in one transaction.
 * Reports how many of all are applied.
 */
export async function migrate(url: string, onApplied: (done: number, total: number) => void): Promise<void> {
  const pending: (() => Promise<void>)[] = [];
  let total = 0;
  for (const binding of ["DB", "STATISTICS"] as const) {
    const folder = join(PROJECT, MIGRATIONS[binding]);
    const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
    const database = await openLedger(url, binding);
    await database.execute([{ sql: MIGRATIONS_TABLE }]);
    const [rows = []] = await database.execute([{ sql: "SELECT name FROM d1_migrations" }]);
    const applied = new Set(rows.map(([name]) => name));
    const missing = names.filter((name) => !applied.has(name));
    total += names.length;
    pending.push(...missing.map((name) => () => apply(database, join(folder, name), name)));
  }
  let done = total - pending.length;
  if (pending.length === 0) onApplied(done, total);
  for (const next of pending) {
    await next();
    onApplied(++done, total);
  }
}

async function apply(database: Ledger, path: string, name: string): Promise<void> {
  const sql = await readFile(path, "utf8");
  try {
    await database.execute([{ sql }, { sql: "INSERT INTO d1_migrations (name) VALUES (?)", params: [name] }]);
  } catch (error) {
    throw new Error(`Migration ${name} failed: ${error instanceof Error ? error.message : error}`);
  }
}
