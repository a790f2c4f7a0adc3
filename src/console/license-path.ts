import type { LicenseFilter } from "../licensing/license-search.ts";

/** The page of one license. */
export const licensePath = (id: string): string => `/admin/licenses/${encodeURIComponent(id)}`;

/** The list of licenses that a filter picks, from `cursor` on. */
export function licenseListPath({ q, status, plan }: LicenseFilter, cursor?: string): string {
  const given = Object.entries({ q, status, plan, cursor }).filter((one): one is [string, string] => Boolean(one[1]));
  return given.length === 0 ? "/admin/licenses" : `/admin/licenses?${new URLSearchParams(given)}`;
}
