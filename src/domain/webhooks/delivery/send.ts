import type { UnixSeconds } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import type { AuditEntry } from "../../../platform/identity/audit-store.ts";
import { signingSecrets } from "../endpoint/secret.ts";
import type { Endpoint } from "../endpoint/store.ts";
import { webhookUrl } from "../endpoint/url.ts";
import { eventOf } from "../event/event.ts";
import type { Attempt } from "./decision.ts";
import { signedHeaders } from "./signature.ts";
import type { Delivery } from "./store.ts";

/** How long a receiver may take to answer, in milliseconds. The specification recommends 15 to 30 seconds. */
export const ANSWER_TIMEOUT_MS = 15_000;

/** The body of a delivery. The same delivery always has the same body. */
export const bodyOf = (entry: AuditEntry, { previous_sequence }: Pick<Delivery, "previous_sequence">): string => {
  const { id, sequence, ...event } = eventOf(entry);
  return JSON.stringify({ id, sequence, previous_sequence, ...event });
};

/**
 * Sends a message to an endpoint once, and returns how that ended. It follows no redirect and reads no body of the
 * answer. The URL is checked again, because the configuration may have changed. Never throws.
 */
export async function sendOnce(
  config: Config,
  endpoint: Endpoint,
  { delivery, entry }: { delivery: Delivery; entry: AuditEntry },
  { now, timeoutMs = ANSWER_TIMEOUT_MS }: { now: UnixSeconds; timeoutMs?: number },
): Promise<Attempt> {
  const began = Date.now();
  const ended = (status: number | null, error: string | null, retryAfter: number | null = null): Attempt => ({
    ...{ status, error, retryAfter, ms: Date.now() - began },
  });
  const url = webhookUrl(endpoint.url, config);
  if (!url.ok) return ended(null, `The URL ${url.error}.`);
  try {
    const body = bodyOf(entry, delivery);
    const secrets = await signingSecrets(config, endpoint, now);
    const response = await fetch(url.value, {
      method: "POST",
      headers: {
        ...(await signedHeaders({ id: entry.id, body, at: now }, secrets)),
        "Content-Type": "application/json",
        "User-Agent": `rbee-webhooks/1 (+${config.PUBLIC_URL})`,
      },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    const { status, ok } = response;
    return ended(status, ok ? null : faultOf(status), ok ? null : wishOf(response.headers.get("Retry-After"), now));
  } catch (error) {
    const isLate = error instanceof Error && error.name === "TimeoutError";
    return ended(null, isLate ? `No answer within ${timeoutMs / 1000} seconds.` : "The connection failed.");
  }
}

/** A failed answer in words. */
const faultOf = (status: number): string =>
  status >= 300 && status < 400
    ? `The receiver answered ${status}: redirects are not followed.`
    : `The receiver answered ${status}.`;

/** The seconds that a `Retry-After` header asks for: a number of them, or a date. Null without a valid one. */
export function wishOf(header: string | null, now: UnixSeconds): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const at = header.endsWith(" GMT") ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, Math.round(at / 1000) - now);
}
