import { bytesOf, fromBase64Url } from "./bytes.ts";
import type { UnixSeconds } from "./clock.ts";
import { verifyEd25519 } from "./ed25519.ts";
import { type KeySet, keyOf } from "./key-set.ts";
import { type JsonObject, ok, parseObject, type Result, refuse } from "./result.ts";

/** The reason why a signed text of the catalog is not genuine. */
export type JwsFault =
  | "too_long"
  | "malformed"
  | "unknown_key"
  | "algorithm"
  | "type"
  | "header"
  | "signature"
  | "claims";

/** Three parts, the last of 64 bytes. The last symbol has spare bits: only one spelling of a text is accepted. */
const FORM = /^([\w-]+)\.([\w-]+)\.([\w-]{85}[AQgw])$/;

/**
 * The payload of a JWT that a key of the catalog signed. The algorithm and the type are pinned and the key comes from
 * `keys` alone, so a header can choose neither `none` nor a key of its own.
 */
export async function openJws(
  text: string,
  { type, keys, at, longest }: { type: string; keys: KeySet; at: UnixSeconds; longest: number },
): Promise<Result<JsonObject, JwsFault>> {
  if (text.length > longest) return refuse("too_long");
  const [, head = "", body = "", end = ""] = FORM.exec(text) ?? [];
  const header = jsonOf(head);
  const signature = fromBase64Url(end);
  if (header === null || signature === null) return refuse("malformed");
  const key = keyOf(keys, header["kid"], at);
  if (key === null) return refuse("unknown_key");
  if (header["alg"] !== "EdDSA") return refuse("algorithm");
  if (header["typ"] !== type) return refuse("type");
  if (header["crit"] !== undefined) return refuse("header");
  if (!(await verifyEd25519(key, signature, bytesOf(`${head}.${body}`)))) return refuse("signature");
  const payload = jsonOf(body);
  return payload === null ? refuse("claims") : ok(payload);
}

function jsonOf(part: string): JsonObject | null {
  const bytes = fromBase64Url(part);
  return bytes === null ? null : parseObject(new TextDecoder().decode(bytes));
}
