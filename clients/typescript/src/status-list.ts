import { fromBase64Url } from "./bytes.ts";
import { type Time, TOLERANCE, timeOf } from "./clock.ts";
import { type JwsFault, openJws } from "./jws.ts";
import type { KeySet } from "./key-set.ts";
import { isObject, type JsonObject, ok, type Result, refuse } from "./result.ts";

/** The status of a token. `invalid` is for good; `suspended` (or an expired license) can end. */
export type TokenStatus = "valid" | "invalid" | "suspended";

/** A status list that was verified. Times are Unix seconds; after `ttl` seconds fetch it again. */
export type StatusList = { bits: number; bytes: Uint8Array; issuedAt: number; expiresAt: number; ttl: number };

/** The reason why a status list proves nothing. */
export type StatusListFault = JwsFault | "issuer" | "subject" | "expired" | "not_yet_valid" | "bits" | "deflate";

const TYPE = "statuslist+jwt";
/** Far above the 16 KiB of a list. More is not inflated. */
const MOST_BYTES = 1024 ** 2;
const LONGEST = 2 * MOST_BYTES;

/**
 * Reads a status list (IETF Token Status List) that was fetched from `uri`, the address in a token's `status` claim.
 * The error is the reason why the list proves nothing: then the status of a token is no newer than before.
 */
export async function readStatusList(
  list: string,
  check: Time & { keys: KeySet; issuer: string; uri: string },
): Promise<Result<StatusList, StatusListFault>> {
  const at = timeOf(check);
  const payload = await openJws(list, { type: TYPE, keys: check.keys, at, longest: LONGEST });
  if (!payload.ok) return payload;
  const { iss, sub, iat, exp, ttl, status_list } = payload.value;
  if (iss !== check.issuer) return refuse("issuer");
  if (sub !== check.uri) return refuse("subject");
  if (typeof iat !== "number" || typeof exp !== "number" || !isObject(status_list)) return refuse("malformed");
  if (exp <= at - TOLERANCE) return refuse("expired");
  if (iat > at + TOLERANCE) return refuse("not_yet_valid");
  const content = await contentOf(status_list);
  if (!content.ok) return content;
  return ok({ ...content.value, issuedAt: iat, expiresAt: exp, ttl: typeof ttl === "number" ? ttl : 0 });
}

/** The status at a place of a list, or null for a place that the list does not have. */
export function statusAt({ bits, bytes }: Pick<StatusList, "bits" | "bytes">, idx: number): TokenStatus | null {
  const byte = Number.isInteger(idx) && idx >= 0 ? bytes[Math.floor((idx * bits) / 8)] : undefined;
  if (byte === undefined) return null;
  const value = (byte >> ((idx * bits) % 8)) & ((1 << bits) - 1);
  if (value === 0) return "valid";
  return value === 2 ? "suspended" : "invalid";
}

async function contentOf({
  bits,
  lst,
}: JsonObject): Promise<Result<Pick<StatusList, "bits" | "bytes">, StatusListFault>> {
  if (typeof bits !== "number" || ![1, 2, 4, 8].includes(bits)) return refuse("bits");
  const packed = typeof lst === "string" ? fromBase64Url(lst) : null;
  const bytes = packed === null ? null : await inflate(packed);
  return bytes === null ? refuse("deflate") : ok({ bits, bytes });
}

/** The bytes behind a zlib stream, or null if it is none or has too many. */
async function inflate(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > MOST_BYTES) {
        await reader.cancel();
        return null;
      }
      parts.push(value);
    }
  } catch {
    return null;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
