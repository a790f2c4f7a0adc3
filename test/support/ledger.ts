import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** The statements of the schema as the migrations leave it; the first test of a process fills it. */
let schema: D1PreparedStatement[] | undefined;

/** Gives the empty ledger its tables. The migrations run once; after that one batch makes the same schema. */
export async function migrateLedger(): Promise<void> {
  if (schema) {
    await env.DB.batch(schema);
    return;
  }
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  const { results } = await env.DB.prepare(
    `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'
     ORDER BY rowid`,
  ).all<{ sql: string }>();
  const names = env.TEST_MIGRATIONS.map(({ name }) => name);
  schema = [
    ...results.map(({ sql }) => env.DB.prepare(sql)),
    ...names.map((name) => env.DB.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name)),
  ];
}
