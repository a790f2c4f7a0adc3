import { rmSync } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_splitSqlQuery } from "wrangler";
import { CHECKOUT, migrationsOf } from "./local-database.ts";

/** Databases of workerd's own D1, empty and migrated: a ledger for each size, and the statistics. */
export type WorkerdDatabases = {
  ledgerOf(licenses: number): D1Database;
  statistics: D1Database;
  stop(): Promise<void>;
};

/** Starts workerd with these databases, in memory if the system has a folder there. */
export async function startDatabases(sizes: readonly number[]): Promise<WorkerdDatabases> {
  const folder = await mkdtemp("/dev/shm/rbee-growth-").catch(() => mkdtemp(join(tmpdir(), "rbee-growth-")));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const names = ["STATISTICS", ...sizes.map((size) => `LEDGER_${size}`)];
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: "export default { fetch: () => new Response() }",
      resourcePersistencePath: folder,
      d1Databases: Object.fromEntries(names.map((name) => [name, name])),
    }),
  );
  const databases = new Map<string, D1Database>();
  for (const name of names) {
    const database = (await miniflare.getD1Database(name)) as unknown as D1Database;
    await migrate(database, name === "STATISTICS" ? "migrations/statistics" : "migrations");
    databases.set(name, database);
  }
  const named = (name: string): D1Database => {
    const database = databases.get(name);
    if (!database) throw new Error(`no database ${name}`);
    return database;
  };
  return {
    ledgerOf: (licenses) => named(`LEDGER_${licenses}`),
    statistics: named("STATISTICS"),
    async stop() {
      await miniflare.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function migrate(database: D1Database, folder: string): Promise<void> {
  for (const file of migrationsOf(folder)) {
    const statements = unstable_splitSqlQuery(await readFile(join(CHECKOUT, folder, file), "utf8"));
    await database.batch(statements.map((statement) => database.prepare(statement)));
  }
}
