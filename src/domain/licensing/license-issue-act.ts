import { Problem } from "../../platform/http/problem.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import type { AdminActor } from "../../platform/identity/authentication.ts";
import { findRepetition, idempotentRequest, rememberRequest } from "../../platform/storage/idempotency.ts";
import { isUniqueViolation, newChange } from "../../platform/storage/ledger.ts";
import { queueMailIf } from "../../platform/storage/mail-outbox.ts";
import { publishNow } from "../../publication.ts";
import { sendMailsSoon } from "../mail/mail-sender.ts";
import { currentKey } from "./current-key.ts";
import type { ActedLicense } from "./license-act.ts";
import { type IssueRequest, licenseByHand } from "./license-issue.ts";
import { insertLicense, requireLicense } from "./license-store.ts";

/** What an admin asks for, and whether the key is mailed to its owner; it is, unless this is false. */
export type IssueOrder = IssueRequest & { send_mail?: boolean | undefined; reason?: string | undefined };

/**
 * Issues a license by hand, publishes it and mails its key. With an `idempotencyKey` a repetition returns the license that
 * the first request made. Throws CONFLICT where that key came with another request, or the license has another key by now.
 */
export async function issueLicense(
  c: RequestScope,
  admin: AdminActor,
  order: IssueOrder,
  idempotencyKey?: string,
): Promise<ActedLicense & { key: string }> {
  const request = await idempotentRequest(admin.actor, idempotencyKey, ["issue", order]);
  const license = licenseByHand(order, c.var.config.LIVEMODE, admin.now);
  const change = newChange(admin, {
    action: "license.issue",
    subject: license.id,
    reason: order.reason ?? null,
    details: { plan: license.plan, machine_limit: license.machine_limit, expires_at: license.expires_at },
  });
  const { DB } = c.env;
  const root = { table: "licenses", id: license.id } as const;
  const beside = request ? [rememberRequest(DB, request, change, root)] : [];
  if (order.send_mail !== false) {
    const about = { licenseId: license.id, kind: "license_key", occasion: change.id, to: license.email } as const;
    beside.push(queueMailIf(DB, { ...about, data: {}, now: admin.now }, root, change.id));
  }
  let id = await findRepetition(DB, request);
  if (id === null) {
    try {
      await insertLicense(DB, license, change, beside);
      id = license.id;
    } catch (error) {
      // The same request at the same time was faster: its license is the answer.
      if (!isUniqueViolation(error, "idempotency_keys.")) throw error;
      id = await findRepetition(DB, request);
      if (id === null) throw error;
    }
  }
  const issued = await requireLicense(DB, id);
  if (issued.generation > 0) throw new Problem({ code: "CONFLICT", detail: "The key has been replaced since." });
  const edge = await publishNow(c, { topic: "license", key: id }, id === license.id ? [change.id] : []);
  sendMailsSoon(c);
  return { license: issued, key: await currentKey(c.var.config, issued), edge };
}
