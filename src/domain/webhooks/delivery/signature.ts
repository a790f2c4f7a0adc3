import { encodeBase64 } from "../../../lib/encoding.ts";
import type { UnixSeconds } from "../../../lib/time.ts";

/**
 * The headers of a message by the Standard Webhooks specification 1.0.0: its id, the time of the attempt, and a
 * signature of both and of the body for each secret.
 */
export async function signedHeaders(
  { id, body, at }: { id: string; body: string; at: UnixSeconds },
  secrets: readonly Uint8Array<ArrayBuffer>[],
): Promise<Record<`webhook-${"id" | "timestamp" | "signature"}`, string>> {
  const content = new TextEncoder().encode(`${id}.${at}.${body}`);
  const signatures = secrets.map(async (secret) => {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
    return `v1,${encodeBase64(new Uint8Array(await crypto.subtle.sign("HMAC", key, content)))}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": String(at),
    "webhook-signature": (await Promise.all(signatures)).join(" "),
  };
}
