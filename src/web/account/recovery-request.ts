import * as z from "zod";
import { licensingSecrets } from "../../domain/licensing/secrets.ts";
import { logFailure } from "../../lib/log.ts";
import { MailAddress } from "../../lib/mail-address.ts";
import { currentTime } from "../../lib/time.ts";
import { countRecovery } from "../../platform/http/rate-limit.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import {
  insertRecoveryLink,
  newRecoveryLinkId,
  recoveryToken,
  recoveryTokenHash,
} from "../../platform/identity/recovery-link.ts";
import { settle } from "../../platform/storage/settle.ts";

/** A mail address as people type it, brought to the form that licenses are stored with. */
export const RecoveryAddress = z.string().trim().toLowerCase().pipe(MailAddress);

/** What everybody who asks for forgotten keys is told. */
export const RECOVERY_ANSWER =
  "If this address belongs to a license, a link to its account and keys is on its way there. It works once, for 30 minutes.";

/**
 * Mails a link to `email` (a `RecoveryAddress`), if it belongs to a license. What is only done for such an address is done after
 * the response, so that neither answer nor time tells who is a customer. Throws RATE_LIMITED and what D1 throws.
 */
export async function requestRecovery(c: RequestScope, email: string): Promise<void> {
  await countRecovery(c.env, c.req.raw, email);
  const known = await c.env.DB.prepare("SELECT 1 FROM licenses WHERE email = ? LIMIT 1").bind(email).first();
  if (known === null) return;
  const mailed = mailLink(c, email).catch((error: unknown) =>
    logFailure("recovery.unsent", error, { request_id: c.var.requestId }),
  );
  c.executionCtx.waitUntil(mailed);
}

async function mailLink(c: RequestScope, email: string): Promise<void> {
  const id = newRecoveryLinkId();
  const { keySecret } = await licensingSecrets(c.var.config);
  const hash = await recoveryTokenHash(await recoveryToken(id, keySecret));
  await c.env.DB.batch(insertRecoveryLink(c.env.DB, { id, hash, email, now: currentTime() }));
  await settle(c, { stale: [], mail: true });
}
