import { formatId, newIdBytes } from "../../../lib/id.ts";
import { DAY, type UnixSeconds } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import { Problem } from "../../../platform/http/problem.ts";
import type { AdminActor } from "../../../platform/identity/authentication.ts";
import { create } from "../../../platform/storage/change.ts";
import { idempotentRequest } from "../../../platform/storage/idempotency.ts";
import { grantOf } from "../grant.ts";
import { licenseCreation, type NewLicense, requireLicense } from "../license/store.ts";
import { type PlanId, plans } from "../plans.ts";
import { currentKey } from "../secrets.ts";
import type { ActedLicense } from "./act.ts";

/** An admin's request for a license. The plan decides everything left out. `expires_at` null: no end. */
export type IssueRequest = {
  plan: PlanId;
  email: string;
  machine_limit?: number | undefined;
  expires_at?: UnixSeconds | null | undefined;
  note?: string | undefined;
};

/** A new license issued by hand, with the grant of its plan at present. */
export function licenseByHand(request: IssueRequest, livemode: boolean, now: UnixSeconds): NewLicense {
  const plan = plans[request.plan];
  const byPlan = plan.duration_days === null ? null : now + plan.duration_days * DAY;
  return {
    id: formatId("lic", newIdBytes()),
    email: request.email,
    plan: plan.id,
    note: request.note ?? null,
    ...grantOf(plan),
    ...(request.machine_limit !== undefined && { machine_limit: request.machine_limit }),
    expires_at: request.expires_at === undefined ? byPlan : request.expires_at,
    livemode,
  };
}

/** The license that an admin asks for. Its key is mailed to its owner unless `send_mail` is false. */
export type IssueOrder = IssueRequest & { send_mail?: boolean | undefined; reason?: string | undefined };

/**
 * Issues a license by hand and queues the mail with its key. With an `idempotencyKey`, a repetition returns the license
 * of the first request. Throws CONFLICT when that key belongs to another request, or the license has a newer key.
 */
export async function issueLicense(
  { db, config }: { db: D1Database; config: Config },
  admin: AdminActor,
  order: IssueOrder,
  idempotencyKey?: string,
): Promise<ActedLicense & { key: string }> {
  const request = await idempotentRequest(admin.actor, idempotencyKey, ["issue", order]);
  const license = licenseByHand(order, config.LIVEMODE, admin.now);
  const { plan, machine_limit, expires_at } = license;
  const mail = { licenseId: license.id, kind: "license_key", to: license.email, data: {} } as const;
  const { id, changes } = await create(
    db,
    licenseCreation(db, license, {
      action: "license.issue",
      details: { plan, machine_limit, expires_at },
      mail: order.send_mail === false ? undefined : mail,
    }),
    { actor: admin, reason: order.reason ?? null, request },
  );
  const issued = await requireLicense(db, id);
  if (issued.generation > 0) throw new Problem({ code: "CONFLICT", detail: "The key has been replaced since." });
  return { license: issued, key: await currentKey(config, issued), changes };
}
