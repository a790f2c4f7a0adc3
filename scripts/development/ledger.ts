import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { PROJECT } from "./paths.ts";

/** The database's binding in wrangler.toml. */
const BINDING = "DB";

const Databases = z.object({ result: z.array(z.object({ name: z.string(), uuid: z.string() })) });
const Answer = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ message: z.string() })),
  result: z.array(z.object({ results: z.object({ rows: z.array(z.array(z.unknown())) }) })).nullish(),
});

/** SQL, of one statement if it has parameters. */
export type Query = { sql: string; params?: string[] };

/** The D1 database of a running `wrangler dev`. */
export type Ledger = {
  /** Runs queries in one transaction and returns the rows of each statement. Throws D1's message if one fails. */
  execute(queries: readonly Query[]): Promise<unknown[][][]>;
};

/**
 * The ledger of the `wrangler dev` at `url`, through its Local Explorer API
 * (https://developers.cloudflare.com/workers/development-testing/local-explorer/). One such request takes milliseconds;
 * one `wrangler d1` command takes seconds, because it starts a server of its own for every file.
 */
export async function openLedger(url: string): Promise<Ledger> {
  const api = `${url}/cdn-cgi/local/explorer/api/d1/database`;
  const { result } = Databases.parse(await (await fetch(api)).json());
  const database = result.find(({ name }) => name === BINDING);
  if (database === undefined) throw new Error(`The development server has no database that is bound as ${BINDING}.`);
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

/** Applies the migrations that are missing, each in one transaction, and reports how many of all are applied. */
export async function migrate(ledger: Ledger, onApplied: (done: number, total: number) => void): Promise<void> {
  const folder = join(PROJECT, "migrations");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  await ledger.execute([{ sql: MIGRATIONS_TABLE }]);
  const [rows = []] = await ledger.execute([{ sql: "SELECT name FROM d1_migrations" }]);
  const applied = new Set(rows.map(([name]) => name));
  const missing = names.filter((name) => !applied.has(name));
  let done = names.length - missing.length;
  if (missing.length === 0) onApplied(done, names.length);
  for (const name of missing) {
    const sql = await readFile(join(folder, name), "utf8");
    try {
      await ledger.execute([{ sql }, { sql: "INSERT INTO d1_migrations (name) VALUES (?)", params: [name] }]);
    } catch (error) {
      throw new Error(`Migration ${name} failed: ${error instanceof Error ? error.message : error}`);
    }
    onApplied(++done, names.length);
  }
}
