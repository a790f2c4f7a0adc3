import { formatId, newIdBytes } from "../../../lib/id.ts";
import { err, ok } from "../../../lib/result.ts";
import { DAY, type UnixSeconds } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import { Problem } from "../../../platform/http/problem.ts";
import { listAudit } from "../../../platform/identity/audit-store.ts";
import type { AdminActor } from "../../../platform/identity/authentication.ts";
import { change, create } from "../../../platform/storage/change.ts";
import { idempotentRequest } from "../../../platform/storage/idempotency.ts";
import type { Actor } from "../../../platform/storage/ledger.ts";
import type { Changes } from "../../../platform/storage/settle.ts";
import { isInTrial, type License } from "../license/record.ts";
import { licenseCreation, licensePublication, licenseRoot, type NewLicense, requireLicense } from "../license/store.ts";
import { barMachine, unbarMachine } from "../machine/bar.ts";
import { freeSeat, noSuchMachine } from "../machine/seat.ts";
import { grantAt, type PlanId, plans } from "../plans.ts";
import { currentKey, markOfAddress } from "../secrets.ts";
import { freeMarksTaken } from "../trial/store.ts";
import { type AdminAct, decideAdminAct, explainAdminRefusal } from "./decision.ts";
import { refusalOfExtension, refusalOfIssue } from "./limits.ts";

/** The actor of an act on a license, with the scopes that limit it. A customer has none. */
type LicenseActor = Actor & Pick<AdminActor, "scopes">;

/** A license after an admin's act, and the changes to settle. `key`: the new key, if the act made one. */
export type ActedLicense = { license: License; key: string | null; changes: Changes };

/**
 * Carries out an admin's act on a license. Idempotent with an `idempotencyKey`.
 * Throws LICENSE_NOT_FOUND, the refusals of `decideAdminAct` and `refusalOfExtension`, and CONFLICT when the
 * idempotency key belongs to another request, others keep changing the license, or another admin has rotated its key
 * since.
 */
export async function actOnLicense(
  { db, config }: { db: D1Database; config: Config },
  admin: LicenseActor,
  id: string,
  wanted: AdminAct,
  reason: string,
  idempotencyKey?: string,
): Promise<ActedLicense> {
  const request = await idempotentRequest(admin.actor, idempotencyKey, [id, wanted, reason]);
  const isOwner = admin.scopes.includes("owner");
  const acted = await change(
    db,
    licenseRoot,
    id,
    (license) => {
      const patch = decideAdminAct(license, wanted, isOwner, admin.now);
      if (!patch.ok) return err(explainAdminRefusal(patch.error));
      if (patch.value === null) return ok(null);
      const refusal = refusalOfExtension(admin, patch.value, admin.now);
      if (refusal) return err(refusal);
      return ok({
        action: `license.${wanted.action}`,
        patch: patch.value,
        details: { ...patch.value },
      });
    },
    { actor: admin, reason, request },
  );
  const { row: license, changes } = acted;
  if (wanted.action !== "rotate-key") return { license, key: null, changes };
  if (acted.repeated) await checkOwnRotation(db, admin, id);
  return { license, key: await currentKey(config, license), changes };
}

/** Throws CONFLICT if another admin has rotated the key since: a repeated rotation returns only its own key. */
async function checkOwnRotation(db: D1Database, { actor }: LicenseActor, id: string): Promise<void> {
  const [last] = await listAudit(db, { subject: id, action: "license.rotate-key" }, 1);
  if (last?.actor !== actor) throw new Problem({ code: "CONFLICT", detail: "The key has been replaced since." });
}

/** Throws INSUFFICIENT_SCOPE unless an admin may void a lease. */
export function checkMayVoidLease({ scopes }: Pick<AdminActor, "scopes">): void {
  if (!scopes.includes("owner"))
    throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: "Only an owner voids a lease." });
}

/**
 * Frees the seat of a license's machine. A machine without a seat is no error. `voidLease` also frees the seat of an
 * offline lease. Returns the changes to settle. Throws LICENSE_NOT_FOUND, NOT_FOUND for a machine that the license does
 * not have, and INSUFFICIENT_SCOPE when an admin who is not an owner voids a lease.
 */
export async function removeMachine(
  db: D1Database,
  admin: LicenseActor,
  licenseId: string,
  machineId: string,
  { voidLease, reason = null }: { voidLease: boolean; reason?: string | null },
): Promise<Changes> {
  if (voidLease) checkMayVoidLease(admin);
  const { machines } = await requireLicense(db, licenseId);
  if (!machines.some(({ id }) => id === machineId)) throw new Problem(noSuchMachine);
  const changeId = await freeSeat(db, licenseId, { id: machineId }, admin, { voidLease, reason });
  return { stale: [{ ...licensePublication(licenseId), changeIds: changeId === null ? [] : [changeId] }] };
}

/**
 * Bars a machine from a license, or lifts its bar. `voidLease` also frees the seat of an offline lease. Idempotent.
 * Returns the license as it is then. Throws LICENSE_NOT_FOUND, NOT_FOUND for a machine that the license does not have,
 * and INSUFFICIENT_SCOPE when an admin who is not an owner voids a lease.
 */
export async function setBar(
  db: D1Database,
  admin: LicenseActor,
  licenseId: string,
  machineId: string,
  wanted: { bar: boolean; reason: string; voidLease?: boolean },
): Promise<{ license: License; changes: Changes }> {
  const { bar, reason, voidLease = false } = wanted;
  if (voidLease) checkMayVoidLease(admin);
  const license = await requireLicense(db, licenseId);
  const machine = license.machines.find(({ id }) => id === machineId);
  if (!machine) throw new Problem(noSuchMachine);
  const changeId = bar
    ? await barMachine(db, license, machine, admin, { reason, voidLease })
    : await unbarMachine(db, license, machine, admin, reason);
  const changes = { stale: [{ ...licensePublication(licenseId), changeIds: changeId === null ? [] : [changeId] }] };
  return { license: await requireLicense(db, licenseId), changes };
}

/** An admin's request for a license. The plan decides everything left out. `expires_at` null: no end. */
export type IssueRequest = {
  plan: PlanId;
  email: string;
  machine_limit?: number | undefined;
  expires_at?: UnixSeconds | null | undefined;
  note?: string | undefined;
  entitlements?: string[] | undefined;
  versions?: string | undefined;
  updates_until?: UnixSeconds | null | undefined;
};

/** A new license issued by hand, with the grant of its plan at present. */
export function licenseByHand(request: IssueRequest, livemode: boolean, now: UnixSeconds): NewLicense {
  const plan = plans[request.plan];
  const byPlan = plan.duration_days === null ? null : now + plan.duration_days * DAY;
  const { machine_limit, entitlements, versions, updates_until } = request;
  return {
    id: formatId("lic", newIdBytes()),
    email: request.email,
    plan: plan.id,
    note: request.note ?? null,
    ...grantAt(plan, now),
    ...(machine_limit !== undefined && { machine_limit }),
    ...(entitlements !== undefined && { entitlements }),
    ...(versions !== undefined && { versions }),
    ...(updates_until !== undefined && { updates_until }),
    expires_at: request.expires_at === undefined ? byPlan : request.expires_at,
    livemode,
  };
}

const given = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** The license that an admin asks for. Its key is mailed to its owner unless an owner says `send_mail` false. */
export type IssueOrder = IssueRequest & { send_mail?: boolean | undefined; reason?: string | undefined };

/**
 * Issues a license by hand and queues the mail with its key. With an `idempotencyKey`, a repetition returns the license
 * of the first request. Throws CONFLICT when that key belongs to another request, or the license has a newer key, and
 * the refusals of `refusalOfIssue`.
 */
export async function issueLicense(
  { db, config }: { db: D1Database; config: Config },
  admin: LicenseActor,
  order: IssueOrder,
  idempotencyKey?: string,
): Promise<ActedLicense & { key: string }> {
  const refusal = refusalOfIssue(admin, order);
  if (refusal) throw new Problem(refusal);
  const request = await idempotentRequest(admin.actor, idempotencyKey, ["issue", order]);
  const license = licenseByHand(order, config.LIVEMODE, admin.now);
  const { plan, machine_limit, expires_at } = license;
  const { entitlements, versions, updates_until } = order;
  const marks = isInTrial({ plan, trial_ends_at: null }) ? [await markOfAddress(config, license.email)] : [];
  const { id, changes } = await create(
    db,
    licenseCreation(db, license, {
      action: "license.issue",
      // Rights that differ from the plan's are named, too.
      details: { plan, machine_limit, expires_at, ...given({ entitlements, versions, updates_until }) },
      isMailed: order.send_mail !== false,
      beside: ({ at }) => marks.map((mark) => freeMarksTaken(db, license.id, [mark], at)),
    }),
    { actor: admin, reason: order.reason ?? null, request },
  );
  const issued = await requireLicense(db, id);
  if (issued.generation > 0) throw new Problem({ code: "CONFLICT", detail: "The key has been replaced since." });
  return { license: issued, key: await currentKey(config, issued), changes };
}
