import { parseLicenseKey } from "../../../domain/licensing/license/key.ts";
import { explainRefusal } from "../../../domain/licensing/refusal.ts";
import { licensingSecrets } from "../../../domain/licensing/secrets.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { ConsoleContext } from "../kit.ts";

/** The id of the license that a key opens. Error: why it is not a valid key, in words. */
export async function licenseOfKey(c: ConsoleContext, text: string): Promise<Result<string, string>> {
  const { keySecret } = await licensingSecrets(c.var.config);
  const key = await parseLicenseKey(text, keySecret);
  return key.ok ? ok(key.value.licenseId) : err(explainRefusal(key.error, c.var.config).detail);
}
