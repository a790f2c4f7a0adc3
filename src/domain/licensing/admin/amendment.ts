import { err, ok, type Result } from "../../../lib/result.ts";
import { END_OF_TIME, type UnixSeconds } from "../../../lib/time.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import { type Grant, grantOf } from "../grant.ts";
import { limitOf } from "../license/paid-grant.ts";
import { endOf, isErased, isRevoked, type LicenseRow } from "../license/record.ts";
import type { LicensePatch } from "../license/store.ts";
import { grantAt, type PlanId, plans } from "../plans.ts";
import { MAX_GENERATION } from "./decision.ts";

/** The new values of an amendment. A field that is left out stays. */
export type Amendment = {
  plan?: PlanId | undefined;
  /** In lower case. */
  email?: string | undefined;
  /** Empty or null: no note. */
  note?: string | null | undefined;
  machine_limit?: number | undefined;
  entitlements?: string[] | undefined;
  versions?: string | undefined;
  /** Null: every update. */
  updates_until?: UnixSeconds | null | undefined;
  /** Null: no end. */
  expires_at?: UnixSeconds | null | undefined;
};

const CONFLICTS = {
  erased: "Its owner's data was erased, which ended it for good. Issue a new license instead.",
  plan_is_paid:
    "The plan follows the price of the subscription at Stripe. Change the price there, or amend the rights one by one: " +
    "entitlements, versions, updates_until, machine_limit and expires_at.",
  limit_is_paid: "The subscription pays for more machines. Lower the quantity at Stripe.",
  end_is_paid:
    "The license is paid for longer. Cancel the subscription at Stripe, or revoke the license with a refund.",
  past_end: "The end must lie in the future. To end a license now, suspend or revoke it.",
  revoked_has_no_key:
    "The license is revoked, so its new owner would get a key that opens nothing. Reinstate it first.",
  keys_used_up: "This license has used up its keys, and a new address needs a new one. Issue a new license.",
} as const;

/** Why an amendment is refused, as the code of a conflict. */
export type AmendmentRefusal = keyof typeof CONFLICTS;

/** A refused amendment in words. */
export const explainAmendmentRefusal = (why: AmendmentRefusal): Refusal => ({
  code: "CONFLICT",
  detail: CONFLICTS[why],
});

/** The old and the new value of each amended field. Of address and note only that they changed: they name people. */
export type Amended = Record<string, { from: unknown; to: unknown } | "changed">;

type Amendable = Omit<LicenseRow, "machines">;

/**
 * Decides an amendment of a license at `now`: the columns to write, and the amended fields for the audit trail. Null if
 * it changes nothing. It touches no fact that a payment or another act of an admin has set: a paid number of machines
 * and a paid end can be exceeded, never undercut, and the plan of a running subscription is Stripe's. A new plan brings
 * its grant; it lowers the machine limit, and moves the end, only if the amendment says so. A new address gets a new
 * key. Error: the reason of a conflict.
 */
export function decideAmendment(
  license: Amendable,
  wanted: Amendment,
  now: UnixSeconds,
): Result<{ patch: LicensePatch; amended: Amended } | null, AmendmentRefusal> {
  if (isErased(license)) return err("erased");
  const plan = planPatch(license, wanted, now);
  if (!plan.ok) return plan;
  const planned = { ...license, ...plan.value };
  const limit = limitPatch(planned, wanted);
  if (!limit.ok) return limit;
  const end = endPatch(license, wanted, now);
  if (!end.ok) return end;
  const owner = ownerPatch(license, wanted);
  if (!owner.ok) return owner;
  const { entitlements = planned.entitlements, versions = planned.versions } = wanted;
  const updates_until = wanted.updates_until === undefined ? planned.updates_until : wanted.updates_until;
  const rights = { entitlements, versions, updates_until };
  const patch = changesIn(license, { ...plan.value, ...rights, ...limit.value, ...end.value, ...owner.value });
  if (Object.keys(patch).length === 0) return ok(null);
  return ok({ patch, amended: amendedFields(license, { ...license, ...patch }) });
}

const isSubscription = ({ stripe_subscription_id, plan_amended }: Amendable): boolean =>
  stripe_subscription_id !== null && !plan_amended;

function planPatch(license: Amendable, { plan }: Amendment, now: UnixSeconds): Result<LicensePatch, AmendmentRefusal> {
  if (plan === undefined || plan === license.plan) return ok({});
  if (isSubscription(license) && license.subscription_state !== "ended") return err("plan_is_paid");
  const grant = grantAt(plans[plan], now);
  return ok({
    plan,
    ...grant,
    machine_limit: Math.max(grant.machine_limit, license.machine_limit),
    plan_amended: license.stripe_subscription_id !== null,
    machine_limit_paid: null,
    machine_limit_floor: null,
  });
}

function limitPatch(license: Amendable, { machine_limit }: Amendment): Result<LicensePatch, AmendmentRefusal> {
  if (machine_limit === undefined) return ok({});
  if (!isSubscription(license)) return ok({ machine_limit });
  // The first comparison with Stripe has not noted the paid number yet, or knows no plan for the price.
  const paid = license.machine_limit_paid ?? license.machine_limit;
  if (machine_limit < paid) return err("limit_is_paid");
  const machine_limit_floor = machine_limit > paid ? machine_limit : null;
  return ok({ machine_limit: limitOf(paid, machine_limit_floor), machine_limit_floor });
}

/** A subscription's own end follows its payments. There an amendment is an extension, as by `extend`, or none. */
function endPatch(
  license: Amendable,
  { expires_at: end }: Amendment,
  now: UnixSeconds,
): Result<LicensePatch, AmendmentRefusal> {
  if (end === undefined || end === endOf(license)) return ok({});
  if (end !== null && end <= now) return err("past_end");
  if (license.stripe_subscription_id === null) return ok({ expires_at: end, extended_until: null });
  const paid = license.expires_at;
  if (end === null) return ok({ extended_until: END_OF_TIME });
  if (paid === null || end < paid) return err("end_is_paid");
  return ok({ extended_until: end === paid ? null : end });
}

function ownerPatch(license: Amendable, { email, note }: Amendment): Result<LicensePatch, AmendmentRefusal> {
  const noted = note === undefined ? {} : { note: note?.trim() || null };
  if (email === undefined || email === license.email) return ok(noted);
  if (isRevoked(license)) return err("revoked_has_no_key");
  if (license.generation >= MAX_GENERATION) return err("keys_used_up");
  const customer_email_due = license.stripe_customer_id !== null;
  return ok({ ...noted, email, generation: license.generation + 1, customer_email_due });
}

function changesIn(license: Amendable, wanted: LicensePatch): LicensePatch {
  const changed = Object.entries(wanted).filter(
    ([name, value]) => JSON.stringify(license[name as keyof LicensePatch]) !== JSON.stringify(value),
  );
  return Object.fromEntries(changed);
}

/** The fields that an amendment can name, and those of the grant that come with a plan. */
const comparable = (license: Amendable): Grant & Pick<LicenseRow, "plan" | "expires_at"> => ({
  plan: license.plan,
  ...grantOf(license),
  expires_at: endOf(license),
});

function amendedFields(before: Amendable, after: Amendable): Amended {
  const old: Record<string, unknown> = comparable(before);
  const amended = Object.entries(comparable(after))
    .map(([name, to]) => [name, { from: old[name], to }] as const)
    .filter(([, { from, to }]) => JSON.stringify(from) !== JSON.stringify(to));
  return {
    ...Object.fromEntries(amended),
    ...(before.email !== after.email && { email: "changed" }),
    ...(before.note !== after.note && { note: "changed" }),
  };
}
