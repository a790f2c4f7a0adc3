import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import * as z from "zod";
import { once } from "../../lib/isolate.ts";
import { logFailure } from "../../lib/log.ts";
import { startOfDay, type UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../config/config.ts";
import { PROBLEMS, Problem, type ProblemCode } from "../http/problem.ts";
import type { AppEnv, ReadScope } from "../http/router.ts";

/** The place of a request: a country (ISO 3166-1, or Cloudflare's `T1` and `XX`) and an AS number (0: unknown). */
export const Place = z.object({ country: z.string().max(2), network: z.int().min(0) });
export type Place = z.infer<typeof Place>;

/** The relevant members of Cloudflare's `request.cf`. */
const Origin = z.object({ country: z.string().max(2), asn: z.int().min(0).catch(0) });

/**
 * The place of a request, or null if the platform does not tell it (tests, development). Country and network suffice to
 * tell one user of a license from many. The address is not used, because it identifies a person.
 */
export function placeOf(request: { readonly cf?: unknown }): Place | null {
  const origin = Origin.safeParse(request.cf);
  return origin.success ? { country: origin.data.country, network: origin.data.asn } : null;
}

/** The areas in which refusals are counted. */
export const AREAS = ["download", "licensing", "account", "admin"] as const;
export type Area = (typeof AREAS)[number];

/** A refused attempt. The license is known only if the credential was genuine. */
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

/** A download. It has no `kind`, because older messages in the queue have none. */
export const DownloadMessage = z.object({
  link_id: z.string(),
  worker_id: z.string(),
  version: z.string(),
  platform: z.string(),
  license_id: z.string().nullable(),
  machine: z.string().nullable(),
  place: Place.nullable().default(null),
  at: z.int(),
});
export type DownloadMessage = z.infer<typeof DownloadMessage>;

/** A use of a license's credential other than a download. */
export const UseMessage = z.object({ kind: z.literal("use"), license_id: z.string(), place: Place, at: z.int() });
export type UseMessage = z.infer<typeof UseMessage>;

/** Equal refusals and their count. */
export type CountedRefusal = Refusal & { count: number };

/** Refused attempts, with the count of equal ones. */
export const RefusalsMessage = z.object({
  kind: z.literal("refusals"),
  refusals: z.array(Refusal.extend({ count: z.int().min(1) })),
});
export type RefusalsMessage = z.infer<typeof RefusalsMessage>;

/** Sends a message to the queue after the response. If the queue fails, the count is lost and the request is not. */
export function sendLate(
  c: Pick<ReadScope, "env" | "executionCtx" | "var">,
  message: DownloadMessage | UseMessage | RefusalsMessage,
): void {
  const what = "kind" in message ? message.kind : "download";
  const sent = c.env.DOWNLOADS.send(message).catch((error: unknown) =>
    logFailure("usage.uncounted", error, { what, request_id: c.var.requestId }),
  );
  c.executionCtx.waitUntil(sent);
}

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
function refusedArea(route: string, code: ProblemCode, isDownload = false): Area | null {
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
