import * as z from "zod";
import { logFailure } from "../../lib/log.ts";
import type { RequestScope } from "../http/router.ts";

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
  c: Pick<RequestScope, "env" | "executionCtx" | "var">,
  message: DownloadMessage | UseMessage | RefusalsMessage,
): void {
  const what = "kind" in message ? message.kind : "download";
  const sent = c.env.DOWNLOADS.send(message).catch((error: unknown) =>
    logFailure("usage.uncounted", error, { what, request_id: c.var.requestId }),
  );
  c.executionCtx.waitUntil(sent);
}
