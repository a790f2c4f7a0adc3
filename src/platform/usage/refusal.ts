import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { once } from "../../lib/isolate.ts";
import { startOfDay, type UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../config/config.ts";
import { PROBLEMS, Problem, type ProblemCode } from "../http/problem.ts";
import type { AppEnv } from "../http/router.ts";
import { type Area, type CountedRefusal, placeOf, type Refusal, sendLate } from "./message.ts";

const PATHS: readonly [RegExp, Area][] = [
  [/^\/(dl|v1\/workers)\//, "download"],
  [/^\/v1\/licenses\//, "licensing"],
  [/^\/(account|recover)(\/|$)/, "account"],
  [/^\/(v1\/)?admin(\/|$)/, "admin"],
];

/** The statuses that count as refusals. */
const REFUSING: ReadonlySet<number> = new Set([401, 403, 410, 429]);

/**
 * The area in which a request to `route` (its pattern) with the problem `code` counts as refused; null: it does not
 * count. `isDownload`: the request asked for a download, on any path. A missing credential does not count, because
 * pacman and browsers first send none. Nor does an unknown path or a parse error.
 */
export function refusedArea(route: string, code: ProblemCode, isDownload = false): Area | null {
  if (code === "CREDENTIAL_REQUIRED") return null;
  if (!REFUSING.has(PROBLEMS[code].status) && code !== "MACHINE_LIMIT_REACHED") return null;
  if (isDownload) return "download";
  return PATHS.find(([pattern]) => pattern.test(route))?.[1] ?? null;
}

/** The maximum number of messages that an isolate sends in a second. Further refusals wait for a later message. */
const MESSAGES_PER_SECOND = 20;

/** The maximum number of different refusals that wait. A message of the queue holds 128 KB. */
const CAPACITY = 300;

/**
 * Batches an isolate's refusals. A flood becomes a few messages with large counts; a single refusal is sent at once.
 * Waiting refusals are lost when the isolate ends, which is acceptable for statistics.
 */
export class RefusalTally {
  readonly #waiting = new Map<string, CountedRefusal>();
  #second: UnixSeconds = 0;
  #sent = 0;

  /** Adds a refusal at `now`. Returns the refusals to send now, maybe none. */
  add(refusal: Refusal, now: UnixSeconds): CountedRefusal[] {
    const key = JSON.stringify(Object.values(refusal));
    const count = (this.#waiting.get(key)?.count ?? 0) + 1;
    if (count > 1 || this.#waiting.size < CAPACITY) this.#waiting.set(key, { ...refusal, count });
    if (now !== this.#second) this.#sent = 0;
    this.#second = now;
    if (this.#sent >= MESSAGES_PER_SECOND) return [];
    this.#sent++;
    const batch = [...this.#waiting.values()];
    this.#waiting.clear();
    return batch;
  }
}

/** The tally of this isolate. */
const tallyOf = once((_config: Config) => new RefusalTally());

/** Middleware that counts each refused attempt after its response. */
export const refusalCount: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const { subject } = c.var;
  const code = subject.refusal ?? (c.error instanceof Problem ? c.error.code : null);
  const area = code && refusedArea(routePath(c), code, subject.isDownload);
  if (!code || !area) return;
  const { now } = c.var;
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
};
