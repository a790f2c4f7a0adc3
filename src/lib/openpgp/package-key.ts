import * as z from "zod";
import { decodeBase64Url, encodeBase64Url } from "../encoding.ts";
import { lazy } from "../lazy.ts";
import { type MinisignPublicKey, parseMinisignSignature } from "../minisign/minisign.ts";
import type { MinisignSecretKey } from "../minisign/secret-key.ts";
import { formatTrustedComment, signText, trustedFields, verifyText } from "../minisign/text.ts";
import { err, ok, type Result } from "../result.ts";
import type { UnixSeconds } from "../time.ts";
import { armorCertificates, type OpenPgpCertificate, parseCertificates, showFingerprint } from "./public-key.ts";
import { generateOpenPgpKey } from "./signature.ts";

/** The purpose in a delegation's trusted comment, so no other signature of the release key passes for a delegation. */
const PURPOSE = "packages";

/**
 * The `.minisig` that lets a key sign packages and repositories: the release key's signature over the armored text of
 * the key. Throws WebCrypto's errors.
 */
export const delegatePackageKey = (
  releaseKey: MinisignSecretKey,
  certificate: OpenPgpCertificate,
  now: UnixSeconds,
): Promise<string> =>
  signText(
    releaseKey,
    armorCertificates([certificate]),
    formatTrustedComment({ timestamp: now, file: `${showFingerprint(certificate)}.asc`, purpose: PURPOSE }),
  );

/**
 * Checks that one of `releaseKeys` made a delegation for the key in `armored`, and that this is one key of our form.
 * The error is a sentence for a person. Throws WebCrypto's errors.
 */
export async function verifyPackageDelegation(
  releaseKeys: MinisignPublicKey[],
  armored: string,
  minisig: string,
): Promise<Result<OpenPgpCertificate, string>> {
  const refuse = (reason: string) => err(`A package signing key is not vouched for: ${reason}`);
  const verified = await verifyText(releaseKeys, armored, minisig);
  if (!verified.ok) return refuse(verified.error);
  if (trustedFields(verified.value.signature.trustedComment).get("purpose") !== PURPOSE) {
    return refuse("the release key has signed it for something else.");
  }
  const parsed = await parseCertificates(armored);
  if (!parsed.ok) return refuse(parsed.error);
  const [certificate, ...more] = parsed.value;
  if (!certificate || more.length > 0) return refuse("the signed text is not one OpenPGP key.");
  return ok(certificate);
}

/** The most keys of the secret: Cloudflare takes 5 kB for one, and a key with its delegation is about 0.9 kB. */
export const MOST_KEYS = 5;

/**
 * The secret PACKAGE_SIGNING_KEYS as JSON: the keys that clients trust, the one that signs packages first. Without
 * `secret_key`, a key signs nothing more.
 */
export const packageSigningKeys = lazy(() => {
  const message = "must be made by `rbee-catalog keys new --packages`";
  const entry = z.strictObject({
    /** The key in ASCII armor, exactly as the delegation signs it. */
    public_key: z.string().startsWith("-----BEGIN PGP PUBLIC KEY BLOCK-----\n", message),
    /** The text of the `.minisig` over `public_key`. */
    delegation: z.string().refine((text) => parseMinisignSignature(text).ok, "is not a minisign signature"),
    /** The 32 bytes of the Ed25519 seed in base64url. */
    secret_key: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/, message)
      .transform(decodeBase64Url)
      .optional(),
  });
  return z
    .array(entry)
    .min(1, message)
    .max(MOST_KEYS)
    .refine(([first]) => first?.secret_key !== undefined, "must begin with a key that has its secret_key");
});

export type PackageSigningKeys = z.output<ReturnType<typeof packageSigningKeys>>;

/** An entry of PACKAGE_SIGNING_KEYS as the secret has it. */
export type PackageSigningEntry = z.input<ReturnType<typeof packageSigningKeys>>[number];

/** Makes a key for packages and repositories, with the delegation of `releaseKey`. Throws WebCrypto's errors. */
export async function newPackageSigningKey(
  releaseKey: MinisignSecretKey,
  userId: string,
  now: UnixSeconds,
): Promise<{ entry: PackageSigningEntry; fingerprint: string }> {
  const { certificate, seed } = await generateOpenPgpKey(userId, now);
  const entry = {
    public_key: armorCertificates([certificate]),
    delegation: await delegatePackageKey(releaseKey, certificate, now),
    secret_key: encodeBase64Url(seed),
  };
  return { entry, fingerprint: showFingerprint(certificate) };
}
