import { calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import { type VerificationKey, verificationKeySet } from "../domain/licensing/token/signing-keys.ts";
import { formatMinisignPublicKey, type MinisignPublicKey } from "../lib/minisign/minisign.ts";
import { type MinisignSecretKey, parseMinisignSecretKey } from "../lib/minisign/secret-key.ts";
import { DAY, type UnixSeconds } from "../lib/time.ts";
import { CliError, EXIT } from "./errors.ts";
import { readNamedFile } from "./files.ts";

/** The longest offline lease (30 days), and a day to carry out the rotation. In seconds. */
export const OVERLAP = 31 * DAY;

/** A new key pair. The private JWK is the secret LICENSE_SIGNING_KEY; the public one is published. */
export type LicenseSigningKey = { privateJwk: VerificationKey & { d: string }; publicJwk: VerificationKey };

/** Makes an Ed25519 key. Its `kid` is its RFC 7638 thumbprint, so that no two keys share one. */
export async function newLicenseSigningKey(): Promise<LicenseSigningKey> {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const { x, d } = await exportJWK(privateKey);
  if (x === undefined || d === undefined) throw new TypeError("an Ed25519 private key has x and d");
  const base = { kty: "OKP", crv: "Ed25519", x } as const;
  const publicJwk = { ...base, kid: await calculateJwkThumbprint(base) };
  return { publicJwk, privateJwk: { ...publicJwk, d } };
}

/**
 * The key set to deploy before a new key begins to sign. Every key that verifies today, live or on file, stays for the
 * overlap, or until its own end if it has one. Expired keys are dropped. The new key has no end.
 */
export function rotateKeySet(
  live: readonly VerificationKey[],
  onFile: readonly VerificationKey[],
  next: VerificationKey,
  now: UnixSeconds,
): VerificationKey[] {
  const known = new Map([...live, ...onFile].map((key) => [key.kid, key]));
  known.delete(next.kid);
  const old = [...known.values()].map((key) => ({ ...key, exp: key.exp ?? now + OVERLAP }));
  return [next, ...old.filter(({ exp }) => exp > now)];
}

/** Reads a key set, without members such as `alg` and `use`. Throws a `ZodError` if it is invalid. */
export const parseKeySet = (json: unknown): VerificationKey[] => verificationKeySet().parse(json).keys;

/** The text of keys/license-signing.jwks.json for a key set. */
export const formatKeySet = (keys: readonly VerificationKey[]): string => `${JSON.stringify({ keys }, null, 2)}\n`;

/** The placeholder in keys/release-signing.pub before the first key. */
const NONE_YET = /^untrusted comment: no release signing key yet.*\n/m;

/** Adds a public key to the text of keys/release-signing.pub. Keeps the keys that it has. */
export function addReleaseKey(text: string, key: MinisignPublicKey): string {
  const rest = text.replace(NONE_YET, "");
  return `${rest}${rest === "" || rest.endsWith("\n") ? "" : "\n"}${formatMinisignPublicKey(key)}`;
}

/** Reads a minisign secret key file without a password. Throws `CliError` if it is invalid; never quotes it. */
export async function readSecretKey(file: string): Promise<MinisignSecretKey> {
  const key = parseMinisignSecretKey((await readNamedFile(file)).toString("utf8"));
  if (!key.ok) throw new CliError(EXIT.usage, `${file}: ${key.error}`);
  return key.value;
}
