import * as z from "zod";
import { logFailure } from "../../lib/log.ts";
import type { RequestScope } from "../http/router.ts";
import { Place } from "./place.ts";
import { Refusal } from "./refusal.ts";

/** One download. It has no `kind`: messages that were sent before there were others are still to be read. */
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

/** A license whose credential was used for something else than a download. */
export const UseMessage = z.object({ kind: z.literal("use"), license_id: z.string(), place: Place, at: z.int() });
export type UseMessage = z.infer<typeof UseMessage>;

/** Refused attempts, equal ones counted. */
export const RefusalsMessage = z.object({
  kind: z.literal("refusals"),
  refusals: z.array(Refusal.extend({ count: z.int().min(1) })),
});
export type RefusalsMessage = z.infer<typeof RefusalsMessage>;

/**
 * Hands something to be counted to the queue, after the response has gone. A queue that does not take it costs the count, never
 * the request.
 */
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
