import * as z from "zod";
import type { NeededScope } from "../../../platform/config/scopes.ts";
import { type ConsoleContext, may } from "../frame.tsx";
import { ownerText } from "../license/words.tsx";

/** The names of things by their ids: of those that exist and that the admin may see. */
export type Names = ReadonlyMap<string, string>;

/** The kinds of ids that have a name, each with the scope that shows it and its query. `?` is a JSON list of ids. */
const SOURCES: readonly { prefix: string; scope: NeededScope; sql: string }[] = [
  { prefix: "lic", scope: "licenses:read", sql: "SELECT id, email AS name, 1 AS is_owner FROM licenses" },
  { prefix: "mach", scope: "licenses:read", sql: "SELECT id, name, 0 AS is_owner FROM machines" },
  { prefix: "ord", scope: "money:read", sql: "SELECT id, 'Order of ' || email AS name, 0 AS is_owner FROM orders" },
  {
    prefix: "rel",
    scope: "releases:read",
    sql: "SELECT id, worker_id || ' ' || version AS name, 0 AS is_owner FROM releases",
  },
  { prefix: "adm", scope: "audit:read", sql: "SELECT id, name, 0 AS is_owner FROM admin_tokens" },
  { prefix: "pub", scope: "audit:read", sql: "SELECT id, repository AS name, 0 AS is_owner FROM publishers" },
  { prefix: "whe", scope: "audit:read", sql: "SELECT id, url AS name, 0 AS is_owner FROM webhook_endpoints" },
];

const NamedRow = z.object({ id: z.string(), name: z.string().nullable(), is_owner: z.number() });

const OUR_ID = /\b(?:lic|mach|ord|rel|adm|pub|whe)_[0-9a-z]{26}\b/g;

/** Reads the names of all ids in `texts`, as far as the admin may see them. Throws D1's errors. */
export async function readNames(c: ConsoleContext, texts: readonly string[]): Promise<Names> {
  const ids = [...new Set(texts.flatMap((text) => text.match(OUR_ID) ?? []))];
  const queries = SOURCES.filter(({ scope }) => may(c, scope)).flatMap(({ prefix, sql }) => {
    const ofKind = ids.filter((id) => id.startsWith(`${prefix}_`));
    if (ofKind.length === 0) return [];
    const statement = c.env.DB.prepare(`${sql} WHERE id IN (SELECT value FROM json_each(?))`);
    return [statement.bind(JSON.stringify(ofKind))];
  });
  if (queries.length === 0) return new Map();
  const rows = (await c.env.DB.batch(queries)).flatMap(({ results }) => z.array(NamedRow).parse(results));
  return new Map(
    rows.flatMap(({ id, name, is_owner }) => {
      if (name === null || name === "") return [];
      return [[id, is_owner === 1 ? ownerText({ email: name }) : name] as const];
    }),
  );
}
