import retired from "../../../keys/license-signing.jwks.json";
import type { Config } from "../../platform/config/config.ts";
import { importLicenseKeySecret } from "./license-key.ts";
import { createKeyring, type Keyring, VerificationKeySet } from "./signing-keys.ts";

/** Imported keys of this room. */
export type LicensingSecrets = { keyring: Keyring; keySecret: CryptoKey };

const imported = new WeakMap<Config, LicensingSecrets>();

/** This room's keys for a configuration, imported once per isolate. Throws when a key is not what it should be. */
export async function licensingSecrets(config: Config): Promise<LicensingSecrets> {
  const known = imported.get(config);
  if (known) return known;
  const secrets = {
    keyring: await createKeyring(config.LICENSE_SIGNING_KEY, VerificationKeySet.parse(retired).keys),
    keySecret: await importLicenseKeySecret(config.LICENSE_KEY_SECRET),
  };
  imported.set(config, secrets);
  return secrets;
}
