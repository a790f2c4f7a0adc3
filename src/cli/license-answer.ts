import { randomUUID } from "node:crypto";
import * as z from "zod";
import type { Context } from "./command.ts";
import { formatLicense, License } from "./license-view.ts";

/** The answer to a change of a license. */
export const LicenseAnswer = z.looseObject({
  license: License,
  key: z.string().optional(),
  edge: z.string().optional(),
  warnings: z.array(z.looseObject({ code: z.string(), message: z.string() })).optional(),
});

/** The argument that names a license. */
export const LICENSE = ["<license>", "the license's id (lic_...)"] as const;

/** The option for the reason of an act. */
export const REASON = ["-r, --reason <text>", "the reason, for the audit trail; name no person"] as const;

/** Posts with an idempotency key, so that the retries of this run have one effect. */
export const postOnce = ({ client }: Context, at: string, body: object): Promise<z.infer<typeof LicenseAnswer>> =>
  client.post(LicenseAnswer, at, body, { headers: { "Idempotency-Key": randomUUID() } });

/** Prints a license with its new key, if it has one, and the warnings of the catalog. */
export function showLicense({ show, note }: Context, answer: z.infer<typeof LicenseAnswer>): void {
  show(answer, ({ license, key }) => formatLicense(license) + (key ? `\n\nLicense key: ${key}` : ""));
  for (const { code, message } of answer.warnings ?? []) {
    note(`Warning: ${message}`);
    if (code === "still_billed" && answer.license.status === "revoked") {
      note(`  rbee-catalog license revoke ${answer.license.id} --cancel-subscription --reason "..."`);
    }
  }
  if (answer.edge === "pending") note("The change is saved. Downloads follow as soon as the catalog has published it.");
}
