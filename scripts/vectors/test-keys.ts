import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/**
 * TEST KEYS. Everybody can compute them from this file, so they prove nothing. No catalog and no hive may trust them.
 */

/** An Ed25519 key pair of the vectors: the private key, and the 32 bytes of the public one. */
export type TestKey = { privateKey: KeyObject; publicBytes: Buffer };

/** The bytes of SHA-256 over a name of the vectors. */
const bytesFor = (name: string): Buffer => createHash("sha256").update(`rbee-catalog test vectors: ${name}`).digest();

/** RFC 8410: everything of an Ed25519 PKCS #8 key before its seed. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/** The Ed25519 key whose seed is the digest of its name. */
function testKey(name: string): TestKey {
  const der = Buffer.concat([PKCS8_HEAD, bytesFor(name)]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  return { privateKey, publicBytes: Buffer.from(x, "base64url") };
}

/** A key that signs tokens and status lists, with the id that key sets name it by. */
export type TokenKey = TestKey & { kid: string };

const tokenKey = (kid: string): TokenKey => ({ kid, ...testKey(`token key ${kid}`) });

/** The keys of the tokens: the one that signs today, one of before, and one of a stranger. */
export const TOKEN_KEYS = {
  current: tokenKey("test-2027"),
  former: tokenKey("test-2026"),
  foreign: tokenKey("test-foreign"),
};

/** The public half of a token key, as a key set has it (RFC 8037). */
export const publicJwk = ({ kid, publicBytes }: TokenKey) => ({
  kty: "OKP",
  crv: "Ed25519",
  kid,
  x: publicBytes.toString("base64url"),
  alg: "EdDSA",
  use: "sig",
});

/** A key that signs files, as minisign names it: by 8 bytes. */
export type FileKey = TestKey & { keyId: Buffer };

const fileKey = (name: string): FileKey => ({ keyId: bytesFor(`id of ${name}`).subarray(0, 8), ...testKey(name) });

/** The keys of the files: two that sign releases, one that signs indexes, its successor, and one of a stranger. */
export const FILE_KEYS = {
  release: fileKey("release key"),
  secondRelease: fileKey("second release key"),
  index: fileKey("index key"),
  nextIndex: fileKey("next index key"),
  foreign: fileKey("foreign release key"),
};

/** The secret under which the license keys of the vectors are genuine, and another one. */
export const LICENSE_KEY_SECRETS = { ours: bytesFor("license key secret"), foreign: bytesFor("another secret") };

/** The 16 bytes of a license's id. */
export const licenseIdBytes = (name: string): Buffer => bytesFor(`license ${name}`).subarray(0, 16);
