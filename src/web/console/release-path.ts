import type { ReleaseStatus } from "../../domain/releases/release-status.ts";
import { pathWithQuery } from "../page/kit.ts";

/** The page of one release. */
export const releasePath = (id: string): string => `/admin/releases/${encodeURIComponent(id)}`;

/** Which releases to list. */
export type ReleaseFilter = { worker_id?: string | undefined; status?: ReleaseStatus | undefined };

/** The list of releases that a filter picks, from `cursor` on. */
export const releaseListPath = ({ worker_id, status }: ReleaseFilter, cursor?: string): string =>
  pathWithQuery("/admin/releases", { worker_id, status, cursor });
