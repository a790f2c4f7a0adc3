import retired from "../../../keys/license-signing.jwks.json";
import { onceResolved } from "../../lib/isolate.ts";
import type { Config } from "../../platform/config/config.ts";
import { keySecretId } from "../../platform/config/key-secret-id.ts";
import { formatLicenseKey, importLicenseKeySecret } from "./license/key.ts";
import type { LicenseRow } from "./license/record.ts";
import { createKeyring, type Keyring, verificationKeySet } from "./token/signing-keys.ts";
import { mailboxOf, type TrialMark, trialMark } from "./trial/mark.ts";

/** The imported keys of this room. `keyId`: the id of the secret of license keys (`keySecretId`). */
export type LicensingSecrets = { keyring: Keyring; keySecret: CryptoKey; keyId: string };

/** The imported keys of a configuration, cached in the isolate. Throws when a key is not valid. */
export const licensingSecrets = onceResolved(
  async (config: Config): Promise<LicensingSecrets> => ({
    keyring: await createKeyring(config.LICENSE_SIGNING_KEY, verificationKeySet().parse(retired).keys),
    keySecret: await importLicenseKeySecret(config.LICENSE_KEY_SECRET),
    keyId: await keySecretId(config),
  }),
);

/** Makes the mark that a machine leaves in a trial, by its fingerprint. */
export const markOfMachine =
  (config: Config, fingerprint: string): (() => Promise<TrialMark>) =>
  async () =>
    trialMark((await licensingSecrets(config)).keySecret, "machine", fingerprint.normalize("NFC"));

/** The mark that the owner of an address leaves in a trial. */
export const markOfAddress = async (config: Config, email: string): Promise<TrialMark> =>
  trialMark((await licensingSecrets(config)).keySecret, "address", mailboxOf(email));

/** Derives the license's current key. Call it only if the caller owns the license, or to mail it to the owner. */
export async function currentKey(
  config: Config,
  { id, generation }: Pick<LicenseRow, "id" | "generation">,
): Promise<string> {
  const { keySecret } = await licensingSecrets(config);
  return formatLicenseKey({ licenseId: id, generation }, keySecret);
}
