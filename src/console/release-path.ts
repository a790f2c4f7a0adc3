import type { ReleaseStatus } from "../releases/release-status.ts";

/** The page of one release. */
export const releasePath = (id: string): string => `/admin/releases/${encodeURIComponent(id)}`;

/** Which releases to list. */
export type ReleaseFilter = { worker_id?: string | undefined; status?: ReleaseStatus | undefined };

/** The list of releases that a filter picks, from `cursor` on. */
export function releaseListPath({ worker_id, status }: ReleaseFilter, cursor?: string): string {
  const given = Object.entries({ worker_id, status, cursor }).filter((one): one is [string, string] => Boolean(one[1]));
  return given.length === 0 ? "/admin/releases" : `/admin/releases?${new URLSearchParams(given)}`;
}
