import type { Context } from "hono";
import { parseLicenseKey } from "../../domain/licensing/license/key.ts";
import { isErased } from "../../domain/licensing/license/record.ts";
import { readHeldLicense } from "../../domain/licensing/machine/activation.ts";
import { licensingSecrets } from "../../domain/licensing/secrets.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Refusal } from "../../platform/http/problem.ts";
import { countFailedCredential, countSignIn } from "../../platform/http/rate-limit.ts";
import type { AppEnv } from "../../platform/http/router.ts";
import { startSession } from "../../platform/identity/session/lifecycle.ts";

const erased: Refusal = {
  code: "LICENSE_REVOKED",
  detail: "The license of this key has ended, and its owner's data was deleted.",
};

/**
 * Signs in who sends a license key, to this license alone and whatever its status, and sets the cookie on the response that `c`
 * makes next. Blanks and line breaks that mails and people put into a key do no harm. Errors: KEY_INVALID, which counts under
 * the sender's address, KEY_ROTATED, and LICENSE_REVOKED of an owner who was erased. Throws RATE_LIMITED past a limit.
 */
export async function signInByKey<E extends AppEnv>(c: Context<E>, text: string): Promise<Result<null, Refusal>> {
  const { keySecret } = await licensingSecrets(c.var.config);
  const key = await parseLicenseKey(text.replaceAll(/\s+/g, ""), keySecret);
  if (!key.ok) {
    c.var.subject.refusal = key.error.code;
    await countFailedCredential(c.env, c.req.raw);
    return key;
  }
  c.var.subject.licenseId = key.value.licenseId;
  await countSignIn(c.env, key.value);
  const license = await readHeldLicense(c.env.DB, key.value);
  if (!license.ok) {
    c.var.subject.refusal = license.error.code;
    return license;
  }
  const { id, generation } = license.value;
  if (isErased(license.value)) {
    c.var.subject.refusal = erased.code;
    return err(erased);
  }
  await startSession(
    c,
    "account",
    { kind: "license", subject: id, generation },
    { actor: `license:${id}`, subject: id },
  );
  return ok(null);
}
