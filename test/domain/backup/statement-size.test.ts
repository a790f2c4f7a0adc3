import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { fillLedger } from "../../support/full-ledger.ts";
import { openShop } from "../../support/shop.ts";

const shop = await openShop();

/** The longest statement that D1 accepts, in bytes. */
const LONGEST = 100_000;

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** The tables without rows after `fillLedger`: numbers and names of a few bytes that the Worker itself makes. */
const SHORT = [
  "backup_captures",
  "backup_changes",
  "job_leases",
  "recurring_days",
  "spent_status_indices",
  "trial_marks",
];

it("each row of the ledger, as large as the API accepts it, is exported as a statement that D1 accepts", async () => {
  await fillLedger(shop);
  // The pragma by which `wrangler d1 export --local` reads all statements of an export.
  const [statements = []] = await env.DB.prepare("PRAGMA miniflare_d1_export(?,?,?);").bind(0, 0).raw<string[]>();
  const longest = new Map<string, number>();
  for (const statement of statements) {
    const table = /^INSERT INTO "(\w+)"/.exec(statement)?.[1] ?? "schema";
    longest.set(table, Math.max(longest.get(table) ?? 0, bytesOf(statement)));
  }
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'",
  ).all<{ name: string }>();
  const without = results.map(({ name }) => name).filter((name) => !longest.has(name));
  expect(without.filter((name) => !SHORT.includes(name))).toEqual([]);
  expect([...longest].filter(([, bytes]) => bytes > LONGEST)).toEqual([]);
  expect(longest.get("package_contents")).toBeGreaterThan(50_000);
});

it("the database of these tests refuses a longer statement and a 101st parameter, as D1 does", async () => {
  await expect(env.DB.prepare(`SELECT '${"a".repeat(LONGEST)}'`).first()).rejects.toThrow("statement too long");
  const names = Array.from({ length: 101 }, (_, at) => `?${at + 1}`).join(", ");
  const many = env.DB.prepare(`SELECT 1 WHERE 1 IN (${names})`).bind(...names.split(", ").map(() => 1));
  await expect(many.first()).rejects.toThrow("variable number must be between ?1 and ?100");
});
