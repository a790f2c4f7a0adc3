import type { LicenseFilter } from "../../domain/licensing/license-search.ts";
import { pathWithQuery } from "../page/kit.ts";

/** The page of one license. */
export const licensePath = (id: string): string => `/admin/licenses/${encodeURIComponent(id)}`;

/** The list of licenses that a filter picks, from `cursor` on. */
export const licenseListPath = ({ q, status, plan }: LicenseFilter, cursor?: string): string =>
  pathWithQuery("/admin/licenses", { q, status, plan, cursor });
