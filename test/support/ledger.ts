import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { D1Migration } from "@cloudflare/vitest-plugin";

/** The rows that the migrations insert. */
const INSERTED = {
  DB: "INSERT INTO counters VALUES ('machines_active', 0), ('audit_sequence', 0)",
  STATISTICS: "INSERT INTO watermarks VALUES ('license_downloads', 0, NULL)",
} as const;

/**
 * Gives an empty database its tables. The migrations run once in a process; after that one text of SQL makes the same
 * schema.
 */
function migrator(binding: keyof typeof INSERTED, migrationsOf: () => D1Migration[]): () => Promise<void> {
  let schema: D1PreparedStatement | undefined;
  return async () => {
    const database = env[binding];
    if (schema) {
      await schema.run();
      return;
    }
    const migrations = migrationsOf();
    await applyD1Migrations(database, migrations);
    const { results } = await database
      .prepare(
        `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'
         ORDER BY rowid`,
      )
      .all<{ sql: string }>();
    const applied = migrations.map(({ name }) => `('${name}')`).join(", ");
    const statements = [
      ...results.map(({ sql }) => sql),
      `INSERT INTO d1_migrations (name) VALUES ${applied}`,
      INSERTED[binding],
    ];
    schema = database.prepare(statements.join(";\n"));
  };
}

const migrateDatabases = [
  migrator("DB", () => env.TEST_MIGRATIONS),
  migrator("STATISTICS", () => env.TEST_STATISTICS_MIGRATIONS),
];

/** Gives the empty ledger and the empty statistics their tables. */
export async function migrateStores(): Promise<void> {
  await Promise.all(migrateDatabases.map((migrate) => migrate()));
}
