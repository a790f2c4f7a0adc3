import { createHmac, sign } from "node:crypto";
import { TOKEN_KEYS, type TokenKey } from "./test-keys.ts";

const encode = (part: object | string): string =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");

/** The parts of a JWT that are signed. Members of `header` that are undefined are left out. */
const signedPart = (header: object, payload: object | string): string => `${encode(header)}.${encode(payload)}`;

/** A JWT signed by Ed25519, in whatever shape its header and payload are. */
export function signedJwt(header: object, payload: object | string, { privateKey }: TokenKey): string {
  const message = signedPart(header, payload);
  return `${message}.${sign(null, Buffer.from(message), privateKey).toString("base64url")}`;
}

/** A JWT with the given bytes for a signature. */
export const jwtWith = (header: object, payload: object, signature: Uint8Array): string =>
  `${signedPart(header, payload)}.${Buffer.from(signature).toString("base64url")}`;

/** A JWT with an HMAC under the bytes of a public key, which everybody has. */
export function hmacJwt(header: object, payload: object, hash: "sha256" | "sha512", { publicBytes }: TokenKey): string {
  const mac = createHmac(hash, publicBytes).update(signedPart(header, payload)).digest();
  return jwtWith(header, payload, mac);
}

/** The order of Ed25519's group (RFC 8032, section 5.1). */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The same JWT with its signature's second half plus the order: RFC 8032 has verifiers refuse it. */
export function unreduced(jwt: string): string {
  const end = jwt.lastIndexOf(".") + 1;
  const signature = Buffer.from(jwt.slice(end), "base64url");
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
  // The number is little-endian.
  const more = BigInt(`0x${s.reverse().toString("hex")}`) + ORDER;
  const bytes = Buffer.from(more.toString(16).padStart(64, "0"), "hex").reverse();
  return jwt.slice(0, end) + Buffer.concat([r, bytes]).toString("base64url");
}

/** The header of a license token. */
export const TOKEN_HEADER = { alg: "EdDSA", typ: "rbee-license+jwt", kid: TOKEN_KEYS.current.kid };
