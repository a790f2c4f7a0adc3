import * as z from "zod";
import { PROBLEMS, type ProblemCode } from "../http/problem.ts";
import { Place } from "./place.ts";

/** What somebody was trying to do when they were refused. */
export const AREAS = ["download", "licensing", "account", "admin"] as const;
export type Area = (typeof AREAS)[number];

/** An attempt that was refused. The license is known only if the credential was genuine. */
export const Refusal = z.object({
  /** The first second of its day (UTC). */
  day: z.int(),
  area: z.enum(AREAS),
  code: z.string(),
  worker_id: z.string().nullable(),
  license_id: z.string().nullable(),
  place: Place.nullable(),
});
export type Refusal = z.infer<typeof Refusal>;

const PATHS: readonly [RegExp, Area][] = [
  [/^\/(dl|v1\/workers|arch)\//, "download"],
  [/^\/v1\/licenses\//, "licensing"],
  [/^\/(account|recover)(\/|$)/, "account"],
  [/^\/(v1\/)?admin(\/|$)/, "admin"],
];

/** The statuses of refusals: of a credential, by a decision, for good, for now. */
const REFUSING: ReadonlySet<number> = new Set([401, 403, 410, 429]);

/**
 * In which area a request to `route` (its pattern) that ended in `code` counts as refused; null: it does not. A request without
 * a credential is none: pacman and browsers begin so. Neither is what does not exist or does not parse.
 */
export function refusedArea(route: string, code: ProblemCode): Area | null {
  if (code === "CREDENTIAL_REQUIRED") return null;
  if (!REFUSING.has(PROBLEMS[code].status) && code !== "MACHINE_LIMIT_REACHED") return null;
  return PATHS.find(([pattern]) => pattern.test(route))?.[1] ?? null;
}
