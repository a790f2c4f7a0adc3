import type { JWK } from "jose";
import { importJWK } from "jose/key/import";
import * as z from "zod";
import { lazy } from "../../../lib/lazy.ts";
import type { UnixSeconds } from "../../../lib/time.ts";

/**
 * A public key in keys/license-signing.jwks.json. `exp` ends the overlap of a key that no longer signs: tokens that it
 * signed do not verify after that. Remove a leaked key from the file instead.
 */
const verificationKey = lazy(() =>
  z.object({
    kty: z.literal("OKP"),
    crv: z.literal("Ed25519"),
    kid: z.string().min(1),
    x: z.string().length(43),
    exp: z.number().optional(),
  }),
);
export type VerificationKey = z.infer<ReturnType<typeof verificationKey>>;

/** The shape of keys/license-signing.jwks.json. */
export const verificationKeySet = lazy(() => z.object({ keys: z.array(verificationKey()) }));

/** A public key as `/.well-known/jwks.json` publishes it (RFC 7517, RFC 8037). */
export type PublishedKey = VerificationKey & { alg: "EdDSA"; use: "sig" };

/** The keys that sign and verify license tokens: one signs, every one verifies. */
export type Keyring = {
  signing: { kid: string; key: CryptoKey };
  verification: ReadonlyMap<string, { key: CryptoKey; exp: UnixSeconds | undefined }>;
  published: PublishedKey[];
};

/** LICENSE_SIGNING_KEY: an Ed25519 private key as JWK. */
export type SigningJwk = { kty: "OKP"; crv: "Ed25519"; kid: string; x: string; d: string };

/**
 * The keyring of a signing secret and the other keys that verify. The secret's own public half always verifies, without
 * an end. Throws when a JWK is not an Ed25519 key.
 */
export async function createKeyring(secret: SigningJwk, others: VerificationKey[]): Promise<Keyring> {
  const { d: _private, ...own } = secret;
  const keys: VerificationKey[] = [own, ...others.filter((key) => key.kid !== own.kid)];
  const verification = new Map<string, { key: CryptoKey; exp: UnixSeconds | undefined }>();
  for (const key of keys) verification.set(key.kid, { key: await importEd25519(key), exp: key.exp });
  return {
    signing: { kid: own.kid, key: await importEd25519(secret) },
    verification,
    published: keys.map((key) => ({ ...key, alg: "EdDSA", use: "sig" })),
  };
}

async function importEd25519(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, "EdDSA");
  if (key instanceof Uint8Array) throw new Error("not an Ed25519 key");
  return key;
}

/** The keys of `/.well-known/jwks.json` at `now`: every key that verifies, unless its overlap has ended. */
export const publishedKeys = (keyring: Keyring, now: UnixSeconds): PublishedKey[] =>
  keyring.published.filter((key) => key.exp === undefined || now < key.exp);
