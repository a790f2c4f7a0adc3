import { Problem } from "../../platform/http/problem.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { listAudit } from "../../platform/identity/audit-store.ts";
import type { AdminActor } from "../../platform/identity/authentication.ts";
import {
  findRepetition,
  type IdempotentRequest,
  idempotentRequest,
  rememberRequest,
} from "../../platform/storage/idempotency.ts";
import { isUniqueViolation, newChange } from "../../platform/storage/ledger.ts";
import { queueMailIf } from "../../platform/storage/mail-outbox.ts";
import { publishNow } from "../../publication.ts";
import { sendMailsSoon } from "../mail/mail-sender.ts";
import { type AdminAct, decideAdminAct } from "./admin-decision.ts";
import { currentKey } from "./current-key.ts";
import type { License } from "./license-record.ts";
import { requireLicense, updateLicense } from "./license-store.ts";

/** A license after an admin's act. `key` where the act made one; `edge`: whether downloads follow already (`publishNow`). */
export type ActedLicense = { license: License; key: string | null; edge: "published" | "pending" };

/**
 * Carries out what an admin decided about a license, publishes it, and mails a new key to its owner. With an
 * `idempotencyKey` it is done once however often it is asked for. Throws LICENSE_NOT_FOUND, what `decideAdminAct` refuses,
 * and CONFLICT where the key came with another request, others keep changing the license, or have rotated its key since.
 */
export async function actOnLicense(
  c: RequestScope,
  admin: AdminActor,
  id: string,
  wanted: AdminAct,
  reason: string,
  idempotencyKey?: string,
): Promise<ActedLicense> {
  const request = await idempotentRequest(admin.actor, idempotencyKey, [id, wanted, reason]);
  const { license, changeId } = await carryOut(c.env.DB, admin, id, wanted, reason, request);
  const edge = await publishNow(c, { topic: "license", key: id }, changeId === null ? [] : [changeId]);
  if (wanted.action !== "rotate-key") return { license, key: null, edge };
  if (changeId === null) await checkOwnRotation(c.env.DB, admin, id);
  sendMailsSoon(c);
  return { license, key: await currentKey(c.var.config, license), edge };
}

/** Reads, decides and writes, again if the license changed in between. Returns it as it is afterwards, and what changed it. */
async function carryOut(
  db: D1Database,
  admin: AdminActor,
  id: string,
  wanted: AdminAct,
  reason: string,
  request: IdempotentRequest | null,
): Promise<{ license: License; changeId: string | null }> {
  const isOwner = admin.scopes.includes("owner");
  for (let attempt = 0; attempt < 10; attempt++) {
    // Before the license is read: what an earlier request did to it shows then.
    const isRepetition = (await findRepetition(db, request)) !== null;
    const license = await requireLicense(db, id);
    if (isRepetition) return { license, changeId: null };
    const decision = decideAdminAct(license, wanted, isOwner, admin.now);
    if (!decision.ok) throw new Problem(decision.error);
    if (decision.value === null) return { license, changeId: null };
    const change = newChange(admin, {
      action: `license.${wanted.action}`,
      subject: id,
      reason,
      details: { ...decision.value },
    });
    const root = { table: "licenses", id } as const;
    const beside = request ? [rememberRequest(db, request, change, root)] : [];
    if (wanted.action === "rotate-key") {
      const about = { licenseId: id, kind: "key_rotated", occasion: change.id, to: license.email } as const;
      beside.push(queueMailIf(db, { ...about, data: {}, now: admin.now }, root, change.id));
    }
    try {
      if (await updateLicense(db, license, decision.value, change, beside)) {
        const after = { ...license, ...decision.value, updated_at: admin.now, revision: license.revision + 1 };
        return { license: after, changeId: change.id };
      }
    } catch (error) {
      if (!isUniqueViolation(error, "idempotency_keys.")) throw error;
    }
  }
  throw new Problem({ code: "CONFLICT", detail: "The license is being changed by others. Please try again." });
}

/** A repetition is shown the key that it made, not one that somebody else has made since, which no entry would tell of. */
async function checkOwnRotation(db: D1Database, { actor }: AdminActor, id: string): Promise<void> {
  const [last] = await listAudit(db, { subject: id, action: "license.rotate-key" }, 1);
  if (last?.actor !== actor) throw new Problem({ code: "CONFLICT", detail: "The key has been replaced since." });
}
