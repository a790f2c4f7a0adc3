import * as z from "zod";
import { exchangeForeignKey } from "../../domain/licensing/foreign/exchange.ts";
import { parseLicenseKey } from "../../domain/licensing/license/key.ts";
import { isErased } from "../../domain/licensing/license/record.ts";
import { readHeldLicense } from "../../domain/licensing/machine/activation.ts";
import { explainRefusal } from "../../domain/licensing/refusal.ts";
import { licensingSecrets } from "../../domain/licensing/secrets.ts";
import { foreignKeyForm } from "../../lib/foreign-key.ts";
import { logFailure } from "../../lib/log.ts";
import { MailAddress } from "../../lib/mail-address.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { countFailedCredential, countRecovery, countSignIn } from "../../platform/http/rate-limit.ts";
import type { AppContext, Refusal, RequestScope } from "../../platform/http/route.ts";
import { createRecoveryLink } from "../../platform/identity/recovery-link.ts";
import { startSession } from "../../platform/identity/session/lifecycle.ts";
import { settle } from "../../platform/storage/settle.ts";

const erased: Refusal = {
  code: "LICENSE_REVOKED",
  detail: "The license of this key has ended, because its owner's data was deleted.",
};

/**
 * Signs in with a license key, to this license only and in any status, and sets the cookie on `c.res`. A key of another
 * shop is exchanged first. Errors: KEY_INVALID, which counts under the sender's address, KEY_ROTATED, LICENSE_REVOKED
 * if the owner was erased, and those of `exchangeForeignKey`. Throws RATE_LIMITED past a limit.
 */
export async function signInByKey(c: AppContext, text: string): Promise<Result<null, Refusal>> {
  if (foreignKeyForm(text) !== null) {
    const exchanged = await exchangeForeignKey(c, text);
    if (exchanged.ok) return signInByKey(c, exchanged.value.key);
    c.var.subject.refusal = exchanged.error.code;
    return err(explainRefusal(exchanged.error, c.var.config));
  }
  const { keySecret } = await licensingSecrets(c.var.config);
  const key = await parseLicenseKey(text, keySecret);
  if (!key.ok) {
    c.var.subject.refusal = key.error.code;
    await countFailedCredential(c.env, c.req.raw);
    return err(explainRefusal(key.error, c.var.config));
  }
  c.var.subject.licenseId = key.value.licenseId;
  await countSignIn(c.env, key.value);
  const license = await readHeldLicense(c.env.DB, key.value);
  if (!license.ok) {
    c.var.subject.refusal = license.error.code;
    return err(explainRefusal(license.error, c.var.config));
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

/** A typed email address, normalized to the form that licenses store. */
export const RecoveryAddress = z.string().trim().toLowerCase().pipe(MailAddress);

/** The answer to every request for a recovery link. */
export const RECOVERY_ANSWER =
  "If this address has a license, we've emailed a link to it. The link opens your account and its keys. It works once, for 30 minutes. " +
  "We email at most five unused links a day. After that, the links in the last emails work again for 30 minutes.";

/**
 * Mails a link to `email` (a `RecoveryAddress`) if it has a license. The work for a known address runs after the
 * response, so that neither the response nor its timing reveals a customer. Throws RATE_LIMITED and D1's errors.
 */
export async function requestRecovery(c: RequestScope, email: string): Promise<void> {
  await countRecovery(c.env, c.req.raw);
  const known = await c.env.DB.prepare("SELECT 1 FROM licenses WHERE email = ? LIMIT 1").bind(email).first();
  if (known === null) return;
  const mailed = mailLink(c, email).catch((error: unknown) =>
    logFailure("recovery.unsent", error, { request_id: c.var.requestId }),
  );
  c.executionCtx.waitUntil(mailed);
}

async function mailLink(c: RequestScope, email: string): Promise<void> {
  const { keySecret } = await licensingSecrets(c.var.config);
  await createRecoveryLink(c.env.DB, { email, secret: keySecret, now: c.var.now });
  await settle(c, { stale: [], mail: true });
}
