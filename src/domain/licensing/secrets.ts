import retired from "../../../keys/license-signing.jwks.json";
import { onceResolved } from "../../lib/isolate.ts";
import type { Config } from "../../platform/config/config.ts";
import { importLicenseKeySecret } from "./license-key.ts";
import { createKeyring, type Keyring, VerificationKeySet } from "./signing-keys.ts";

/** The imported keys of this room. */
export type LicensingSecrets = { keyring: Keyring; keySecret: CryptoKey };

/** This room's keys for a configuration, imported once per isolate. Throws when a key is not what it should be. */
export const licensingSecrets = onceResolved(
  async (config: Config): Promise<LicensingSecrets> => ({
    keyring: await createKeyring(config.LICENSE_SIGNING_KEY, VerificationKeySet.parse(retired).keys),
    keySecret: await importLicenseKeySecret(config.LICENSE_KEY_SECRET),
  }),
);
