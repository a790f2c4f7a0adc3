import { encodeBase64Url } from "../../lib/encoding.ts";
import { onceResolved } from "../../lib/isolate.ts";
import type { Config } from "./config.ts";

/** Separates this use of the secret from license keys (HMACs of 18 bytes) and recovery links. */
const PURPOSE = "rbee id of the license key secret";
const ID_BYTES = 6;

/**
 * A short id of LICENSE_KEY_SECRET, in base64url. It is an HMAC under the secret, so it tells nothing of it. Tokens and
 * sessions carry the id under which their license key proved genuine, and end when another secret is set.
 */
export const keySecretId = onceResolved(async ({ LICENSE_KEY_SECRET }: Pick<Config, "LICENSE_KEY_SECRET">) => {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", LICENSE_KEY_SECRET, algorithm, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(PURPOSE));
  return encodeBase64Url(new Uint8Array(mac).subarray(0, ID_BYTES));
});
