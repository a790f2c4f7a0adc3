import type { UnixSeconds } from "../../lib/time.ts";
import type { License } from "./license-record.ts";
import { type LicenseStatus, statusCondition } from "./license-status.ts";
import { selectLicenses } from "./license-store.ts";
import { searchTermCondition } from "./search-term.ts";

/** What licenses to list: all conditions together. */
export type LicenseFilter = {
  /** What somebody knows of a license: see `searchTermCondition`. */
  q?: string | undefined;
  status?: LicenseStatus | undefined;
  plan?: string | undefined;
  /** Only ids before this one: the next page. */
  before?: string | undefined;
};

/** Sorts behind every id of a license. */
const AFTER_EVERY_ID = "lic_~";

/**
 * The query for the ids of up to `limit` licenses, newest first, and its parameters; `?1` is the current time. An index stands
 * behind each condition (test/domain/licensing/license-search.test.ts).
 */
export function licenseIdQuery(
  filter: LicenseFilter,
  limit: number,
  now: UnixSeconds,
): { sql: string; params: (string | number)[] } {
  const params: (string | number)[] = [now];
  const bind = (value: string) => `?${params.push(value)}`;
  const term = filter.q?.trim() ?? "";
  const conditions = [
    ...(term === "" ? [] : [searchTermCondition(term, bind)]),
    ...(filter.plan === undefined ? [] : [`plan = ${bind(filter.plan)}`]),
    ...(filter.status === undefined ? [] : [statusCondition(filter.status)]),
    `id < ${bind(filter.before ?? AFTER_EVERY_ID)}`,
  ];
  return { sql: `SELECT id FROM licenses WHERE ${conditions.join(" AND ")} ORDER BY id DESC LIMIT ${limit}`, params };
}

/** Up to `limit` licenses with their machines, newest first. Throws what D1 throws. */
export async function searchLicenses(
  db: D1Database,
  filter: LicenseFilter,
  limit: number,
  now: UnixSeconds,
): Promise<License[]> {
  const { sql, params } = licenseIdQuery(filter, limit, now);
  const { results: ids } = await db
    .prepare(sql)
    .bind(...params)
    .all<{ id: string }>();
  const found = JSON.stringify(ids.map(({ id }) => id));
  return (await selectLicenses(db, "id IN (SELECT value FROM json_each(?))", found)).reverse();
}
