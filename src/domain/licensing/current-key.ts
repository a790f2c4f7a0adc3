import type { Config } from "../../platform/config/config.ts";
import { formatLicenseKey } from "./license-key.ts";
import type { LicenseRow } from "./license-record.ts";
import { licensingSecrets } from "./secrets.ts";

/** The key that a license has now, derived again: for whom the caller has found to be its owner, or to be about to give it them. */
export async function currentKey(
  config: Config,
  { id, generation }: Pick<LicenseRow, "id" | "generation">,
): Promise<string> {
  const { keySecret } = await licensingSecrets(config);
  return formatLicenseKey({ licenseId: id, generation }, keySecret);
}
