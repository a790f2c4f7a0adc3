import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { ApiError, pageOf, type Route } from "./answer.ts";

const JURISDICTIONS = ["eu", "fedramp", "us"] as const;
const LOCATIONS = ["weur", "eeur", "apac", "oc", "wnam", "enam"] as const;

/** https://developers.cloudflare.com/api/resources/d1/subresources/database/methods/create/ */
const Create = z.strictObject({
  name: z.string().min(1),
  jurisdiction: z.enum(JURISDICTIONS).optional(),
  primary_location_hint: z.enum(LOCATIONS).optional(),
});

const Query = z.strictObject({
  sql: z.string(),
  params: z.array(z.union([z.string(), z.number(), z.null()])).optional(),
});

/** A database: its SQLite, and the choices that can only be made with it. */
export type StubDatabase = {
  uuid: string;
  name: string;
  jurisdiction: string | null;
  location: string | null;
  sqlite: DatabaseSync;
};

/** The length of a statement that D1 refuses, in bytes (https://developers.cloudflare.com/d1/platform/limits/). */
const STATEMENT_BYTES = 100_000;

/**
 * Splits SQL as `/query` does on a bad day: at each semicolon that ends a line. A trigger on one line stays whole, one
 * over several lines is cut (cloudflare/workers-sdk#4998, #14991, #15314, #15690).
 */
const statementsOf = (sql: string): string[] =>
  sql
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replaceAll(/^\s*--.*$/gm, "").trim() !== "");

/** Runs SQL in one transaction, as `/query` does. Throws D1's error, with nothing changed. */
export function runSql({ sqlite }: StubDatabase, sql: string, params: (string | number | null)[]): object[] {
  sqlite.exec("BEGIN");
  try {
    const results = statementsOf(sql).map((statement) => {
      if (Buffer.byteLength(statement) > STATEMENT_BYTES) throw new Error("statement too long: SQLITE_TOOBIG");
      return { results: sqlite.prepare(statement).all(...params), success: true, meta: { duration: 0.1 } };
    });
    sqlite.exec("COMMIT");
    return results;
  } catch (error) {
    if (sqlite.isTransaction) sqlite.exec("ROLLBACK");
    const message = error instanceof Error ? error.message : String(error);
    throw new ApiError(400, 7500, message.includes("SQLITE_") ? message : `${message}: SQLITE_ERROR`);
  }
}

const view = ({ uuid, name, jurisdiction }: StubDatabase) => ({
  uuid,
  name,
  version: "production",
  created_at: "2026-11-28T12:00:00.000Z",
  ...(jurisdiction !== null && { jurisdiction }),
});

/**
 * D1 with real SQLite behind it. wrangler finds a database by its id or its name at the same address
 * (`getDatabaseByNameOrBinding`), sends a whole migration as one string to `/query` (`buildMigrationQuery`), and makes
 * a database by name alone (`createD1Database`).
 */
export function d1Routes(databases: StubDatabase[]): Route[] {
  const find = (idOrName = ""): StubDatabase => {
    const found = databases.find(({ uuid, name }) => uuid === idOrName || name === idOrName);
    if (!found) throw new ApiError(404, 7404, `The database ${idOrName} could not be found`);
    return found;
  };
  return [
    [
      "GET",
      "/accounts/:account/d1/database",
      "D1 Read",
      ({ query }) => pageOf(databases.filter(({ name }) => name.includes(query.get("name") ?? "")).map(view), query),
    ],
    [
      "POST",
      "/accounts/:account/d1/database",
      "D1 Write",
      async ({ json }) => {
        const { name, jurisdiction = null, primary_location_hint: location = null } = Create.parse(await json());
        if (databases.some((known) => known.name === name)) {
          throw new ApiError(400, 7502, `database with name '${name}' already exists`);
        }
        const made = { uuid: randomUUID(), name, jurisdiction, location, sqlite: new DatabaseSync(":memory:") };
        databases.push(made);
        return view(made);
      },
    ],
    ["GET", "/accounts/:account/d1/database/:id", "D1 Read", ({ params }) => view(find(params["id"]))],
    [
      "POST",
      "/accounts/:account/d1/database/:id/query",
      "D1 Write",
      async ({ params, json }) => {
        const { sql, params: values = [] } = Query.parse(await json());
        return runSql(find(params["id"]), sql, values);
      },
    ],
  ];
}
