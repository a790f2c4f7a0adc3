import { randomBytes } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";
import { newIndexSigningKey } from "../src/lib/minisign/index-key.ts";
import type { MinisignSecretKey } from "../src/lib/minisign/secret-key.ts";
import { newPackageSigningKey } from "../src/lib/openpgp/package-key.ts";
import { currentTime } from "../src/lib/time.ts";

/**
 * Makes random secrets for one development server or one test run, under the names of the Worker's environment.
 * `releaseKey` signs the public keys that sign indexes and packages.
 */
export async function developmentSecrets(releaseKey: MinisignSecretKey): Promise<Record<string, string>> {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const { kty, crv, x, d } = await exportJWK(privateKey);
  const now = currentTime();
  const packages = await newPackageSigningKey(releaseKey, "rbee development packages", now);
  const kid = `dev-${randomBytes(6).toString("hex")}`;
  return {
    LICENSE_KEY_SECRET: randomBytes(32).toString("base64url"),
    DOWNLOAD_LINK_SECRET: randomBytes(32).toString("base64url"),
    LICENSE_SIGNING_KEY: JSON.stringify({ kty, crv, kid, x, d }),
    INDEX_SIGNING_KEY: (await newIndexSigningKey(releaseKey, now)).secret,
    PACKAGE_SIGNING_KEYS: JSON.stringify([packages.entry]),
  };
}
