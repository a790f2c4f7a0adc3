import retired from "../../../keys/license-signing.jwks.json";
import { onceResolved } from "../../lib/isolate.ts";
import type { Config } from "../../platform/config/config.ts";
import { formatLicenseKey, importLicenseKeySecret } from "./license/key.ts";
import type { LicenseRow } from "./license/record.ts";
import { createKeyring, type Keyring, VerificationKeySet } from "./token/signing-keys.ts";

/** The imported keys of this room. */
export type LicensingSecrets = { keyring: Keyring; keySecret: CryptoKey };

/** This room's keys for a configuration, imported once per isolate. Throws when a key is not what it should be. */
export const licensingSecrets = onceResolved(
  async (config: Config): Promise<LicensingSecrets> => ({
    keyring: await createKeyring(config.LICENSE_SIGNING_KEY, VerificationKeySet.parse(retired).keys),
    keySecret: await importLicenseKeySecret(config.LICENSE_KEY_SECRET),
  }),
);

/** The key that a license has now, derived again: for whom the caller has found to be its owner, or to be about to give it them. */
export async function currentKey(
  config: Config,
  { id, generation }: Pick<LicenseRow, "id" | "generation">,
): Promise<string> {
  const { keySecret } = await licensingSecrets(config);
  return formatLicenseKey({ licenseId: id, generation }, keySecret);
}
