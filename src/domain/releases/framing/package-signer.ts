import { concat } from "../../../lib/encoding.ts";
import { onceResolved } from "../../../lib/isolate.ts";
import { armorSignatures } from "../../../lib/openpgp/armor.ts";
import { clearsigned } from "../../../lib/openpgp/cleartext.ts";
import { verifyPackageDelegation } from "../../../lib/openpgp/package-key.ts";
import { armorCertificates, type OpenPgpCertificate, showFingerprint } from "../../../lib/openpgp/public-key.ts";
import {
  type OpenPgpSigningKey,
  SIGNATURE_TYPE,
  signaturePacket,
  signData,
  signingKey,
} from "../../../lib/openpgp/signature.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { type Config, ConfigError } from "../../../platform/config/config.ts";
import { signaturePolicy } from "../artifact/check.ts";
import type { PackageSigner } from "./signer.ts";

/**
 * The configured signer of packages and repositories. The release key's signature over each of its keys is checked once
 * per isolate. Throws `ConfigError` if a key has none, or another private half: then nothing is signed by any of them.
 * Downloads of binaries do not depend on it.
 */
export const packageSigner = onceResolved(async (config: Config): Promise<PackageSigner> => {
  const entries = await Promise.all(
    config.PACKAGE_SIGNING_KEYS.map(async ({ public_key: armored, delegation, secret_key: seed }) => {
      const verified = await verifyPackageDelegation(signaturePolicy(config).keys, armored, delegation);
      if (!verified.ok) throw refused(verified.error);
      const certificate = verified.value;
      const signing = seed === undefined ? null : await checkedKey(certificate, seed);
      return { certificate, signing, key: { fingerprint: showFingerprint(certificate), armored, delegation } };
    }),
  );
  const signing = entries.flatMap((entry) => entry.signing ?? []);
  const [first] = signing;
  if (!first || first !== entries[0]?.signing) throw refused("The first package signing key has no private half.");
  const certificates = entries.map(({ certificate }) => certificate);
  return {
    keys: entries.map(({ key }) => key),
    keyring: concat(...certificates.map(({ packets }) => packets)),
    armoredKeyring: armorCertificates(certificates),
    ...signerOf(first, signing),
  };
});

/** The functions that sign: packages by `first`, metadata by `all`. */
function signerOf(
  first: OpenPgpSigningKey,
  all: readonly OpenPgpSigningKey[],
): Omit<PackageSigner, "keys" | "keyring" | "armoredKeyring"> {
  const purpose = (at: UnixSeconds, validSeconds?: number) => ({ type: SIGNATURE_TYPE.binary, at, validSeconds });
  const packets = (data: Uint8Array, at: UnixSeconds, validSeconds?: number) =>
    Promise.all(all.map((key) => signData(key, purpose(at, validSeconds), data)));
  return {
    sign: async (data, at) => concat(...(await packets(data, at))),
    signArmored: async (data, at, validSeconds) => armorSignatures(await packets(data, at, validSeconds)),
    clearsign: (text, at) => clearsigned(all, text, at),
    signOnce: (data, at) => signData(first, purpose(at), data),
    signHashed: (sha256With, at) => signaturePacket(first, purpose(at), sha256With),
  };
}

/** The key with its private half. Throws `ConfigError` if `seed` is the private half of another key. */
async function checkedKey(certificate: OpenPgpCertificate, seed: Uint8Array): Promise<OpenPgpSigningKey> {
  const mismatch = refused(`${showFingerprint(certificate)} has the private half of another key.`);
  const key = await signingKey(certificate, seed).catch(() => {
    throw mismatch;
  });
  // Some runtimes import a pair without a look at whether its halves belong together.
  const verifier = await crypto.subtle.importKey("raw", certificate.key, "Ed25519", false, ["verify"]);
  const signature = await crypto.subtle.sign("Ed25519", key.secret, certificate.fingerprint);
  if (!(await crypto.subtle.verify("Ed25519", verifier, signature, certificate.fingerprint))) throw mismatch;
  return key;
}

const refused = (message: string): ConfigError => new ConfigError([{ variable: "PACKAGE_SIGNING_KEYS", message }]);
