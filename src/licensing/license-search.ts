import type { UnixSeconds } from "../time.ts";
import { type License, LicenseRow, MachineRow } from "./license-record.ts";
import { type LicenseStatus, STATUS_SQL } from "./license-status.ts";

/** What licenses to list: all conditions together. */
export type LicenseFilter = {
  /** A license id, a machine id, or the beginning of a mail address. */
  q?: string | undefined;
  status?: LicenseStatus | undefined;
  plan?: string | undefined;
  /** Only ids before this one: the next page. */
  before?: string | undefined;
};

/** Higher than any character that a mail address starts with: the end of a range of prefixes. */
const LAST_CHARACTER = "\u{10FFFF}";

/** The WHERE clause and its parameters for a filter; `?1` is the current time. Each search has an index behind it. */
export function licenseWhere(filter: LicenseFilter, now: UnixSeconds): { where: string; params: (string | number)[] } {
  const params: (string | number)[] = [now];
  const bind = (value: string) => `?${params.push(value)}`;
  const conditions = [
    ...(filter.status === undefined ? [] : [`${STATUS_SQL} = ${bind(filter.status)}`]),
    ...(filter.plan === undefined ? [] : [`plan = ${bind(filter.plan)}`]),
    ...(filter.before === undefined ? [] : [`id < ${bind(filter.before)}`]),
  ];
  const q = filter.q?.trim().toLowerCase() ?? "";
  if (q.startsWith("lic_")) conditions.push(`id = ${bind(q)}`);
  else if (q.startsWith("mach_")) conditions.push(`id = (SELECT license_id FROM machines WHERE id = ${bind(q)})`);
  else if (q !== "") conditions.push(`email >= ${bind(q)} AND email < ${bind(q + LAST_CHARACTER)}`);
  return { where: conditions.length > 0 ? conditions.join(" AND ") : "?1 = ?1", params };
}

/** Up to `limit` licenses with their machines, newest first. Throws what D1 throws. */
export async function searchLicenses(
  db: D1Database,
  filter: LicenseFilter,
  limit: number,
  now: UnixSeconds,
): Promise<License[]> {
  const { where, params } = licenseWhere(filter, now);
  const select = (columns: string) => `SELECT ${columns} FROM licenses WHERE ${where} ORDER BY id DESC LIMIT ${limit}`;
  const [licenses, machines] = await db.batch<Record<string, unknown>>([
    db.prepare(select("*")).bind(...params),
    db
      .prepare(`SELECT * FROM machines WHERE license_id IN (${select("id")}) ORDER BY activated_at, id`)
      .bind(...params),
  ]);
  const byLicense = Map.groupBy(machines?.results ?? [], (machine) => machine["license_id"]);
  return (licenses?.results ?? []).map((row) => {
    const license = LicenseRow.parse(row);
    return { ...license, machines: (byLicense.get(license.id) ?? []).map((machine) => MachineRow.parse(machine)) };
  });
}

/** How many licenses there are of each status. Throws what D1 throws. */
export async function countLicenses(db: D1Database, now: UnixSeconds): Promise<Record<LicenseStatus, number>> {
  const { results } = await db
    .prepare(`SELECT ${STATUS_SQL} AS status, count(*) AS count FROM licenses GROUP BY 1`)
    .bind(now)
    .all<{ status: LicenseStatus; count: number }>();
  const counts: Record<LicenseStatus, number> = { active: 0, suspended: 0, revoked: 0, expired: 0 };
  for (const { status, count } of results) counts[status] = count;
  return counts;
}
