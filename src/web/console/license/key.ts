import { foreignKeyHash } from "../../../domain/licensing/foreign/key.ts";
import { readForeignKey } from "../../../domain/licensing/foreign/store.ts";
import { parseLicenseKey } from "../../../domain/licensing/license/key.ts";
import { explainRefusal } from "../../../domain/licensing/refusal.ts";
import { licensingSecrets } from "../../../domain/licensing/secrets.ts";
import { foreignKeyForm } from "../../../lib/foreign-key.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { ConsoleContext } from "../kit.ts";

/** The id of the license that a key opens. Error: why it is not a valid key, in words. */
export async function licenseOfKey(c: ConsoleContext, text: string): Promise<Result<string, string>> {
  const { keySecret } = await licensingSecrets(c.var.config);
  const key = await parseLicenseKey(text, keySecret);
  return key.ok ? ok(key.value.licenseId) : err(explainRefusal(key.error, c.var.config).detail);
}

/** The id of the license that this key of another shop was imported for; null if it was not. Throws D1's errors. */
export async function licenseOfForeignKey(c: ConsoleContext, text: string): Promise<string | null> {
  const form = foreignKeyForm(text);
  if (form === null) return null;
  const { keySecret } = await licensingSecrets(c.var.config);
  return (await readForeignKey(c.env.DB, await foreignKeyHash(keySecret, form)))?.license_id ?? null;
}
