import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { once } from "../../lib/isolate.ts";
import { startOfDay } from "../../lib/time.ts";
import type { Config } from "../config/config.ts";
import { PROBLEMS, Problem, type ProblemCode } from "../http/problem.ts";
import type { AppEnv, ReadScope } from "../http/router.ts";
import { sendLate } from "./late.ts";
import type { Area, Refusal } from "./message.ts";
import { placeOf } from "./place.ts";
import { Tally } from "./tally.ts";

const PATHS: readonly [RegExp, Area][] = [
  [/^\/(dl|v1\/workers)\//, "download"],
  [/^\/v1\/licenses\//, "licensing"],
  [/^\/(account|recover)(\/|$)/, "account"],
  [/^\/(v1\/)?admin(\/|$)/, "admin"],
  [/^\/v1\/trusted-publishing\//, "publishing"],
];

/** The statuses that count as refusals. */
const REFUSING: ReadonlySet<number> = new Set([401, 403, 410, 429]);

/**
 * The area in which a request to `route` (its pattern) with the problem `code` counts as refused; null: it does not
 * count. `isDownload`: the request asked for a download, on any path. A missing credential does not count, because
 * pacman and browsers first send none. Nor does an unknown path or a parse error.
 */
function refusedArea(route: string, code: ProblemCode, isDownload = false): Area | null {
  if (code === "CREDENTIAL_REQUIRED") return null;
  if (!REFUSING.has(PROBLEMS[code].status) && code !== "MACHINE_LIMIT_REACHED") return null;
  if (isDownload) return "download";
  return PATHS.find(([pattern]) => pattern.test(route))?.[1] ?? null;
}

/** The refusals of this isolate. */
const tallyOf = once((_config: Config) => new Tally<Refusal>());

/** Middleware that counts each refused attempt after its response. */
export const refusalCount: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  countRefusal(c, routePath(c), c.error);
};

/** Counts a request to `route` (its pattern) if it was refused: by `error`, or by a form. */
export function countRefusal(c: ReadScope, route: string, error: unknown): void {
  const { now, subject } = c.var;
  const code = subject.refusal ?? (error instanceof Problem ? error.code : null);
  const area = code && refusedArea(route, code, subject.isDownload);
  if (!code || !area) return;
  const refusals = tallyOf(c.var.config).add(
    {
      day: startOfDay(now),
      area,
      code,
      worker_id: subject.workerId ?? null,
      license_id: subject.licenseId ?? null,
      // Only with a license: nothing else stores the place, and a flood from many places would not batch.
      place: subject.licenseId ? placeOf(c.req.raw) : null,
    },
    now,
  );
  if (refusals.length > 0) sendLate(c, { kind: "refusals", refusals });
}
