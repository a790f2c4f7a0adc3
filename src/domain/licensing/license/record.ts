import { earliestId } from "../../../lib/id.ts";
import { DAY, END_OF_TIME, type UnixSeconds } from "../../../lib/time.ts";
import { type Grant, grantOf } from "../grant.ts";
import { isTrialPlan } from "../plans.ts";
import type { BILLING_COLUMNS, FACT_COLUMNS, LicenseRow, MachineRow } from "./row.ts";
import { seatEnd } from "./seats.ts";

export type { LicenseRow, MachineRow };

/** The facts of a license that its status follows from. */
export type LicenseFacts = Pick<LicenseRow, keyof typeof FACT_COLUMNS>;

/** The facts of a new license that nothing has happened to, without an end. */
export const NEW_FACTS: LicenseFacts = {
  admin_state: "none",
  refund_state: "none",
  dispute_state: "none",
  subscription_state: "none",
  expires_at: null,
  extended_until: null,
  grace_seconds: 0,
};

/** The billing of a license, as the payment provider has it. Its status does not depend on it. */
export type BillingFacts = Pick<LicenseRow, keyof typeof BILLING_COLUMNS>;

/** The billing of a license without a payment. */
export const NO_BILLING: BillingFacts = {
  stripe_status: null,
  collection_paused: false,
  trial_ends_at: null,
  cancels_at: null,
  price_amount: null,
  price_currency: null,
  price_interval: null,
  next_charge_at: null,
  next_charge_amount: null,
};

/** Whether a license is in a trial: one of a subscription, or one that an admin has issued. */
export const isInTrial = ({ trial_ends_at, plan }: Pick<LicenseRow, "trial_ends_at" | "plan">): boolean =>
  trial_ends_at !== null || isTrialPlan(plan);

/** Replaces the owner's address in an erased license. It is no address, so nobody can ask for the license's keys. */
export const ERASED = "erased";

/** Whether a license has no owner any more. */
export const isErased = ({ email }: Pick<LicenseRow, "email">): boolean => email === ERASED;

/** A license with its machines, including those deactivated within the last 90 days. */
export type License = LicenseRow & { machines: MachineRow[] };

/**
 * The edge copy of a license, with the facts for a download decision and no personal data. KV key `license:<id>`. Only
 * this code writes it, so its readers trust the shape.
 */
export type LicenseRecord = Grant &
  LicenseFacts &
  Pick<LicenseRow, "id" | "generation"> & {
    /** Fingerprint hashes of the active machines. */
    machines: string[];
    /** Of machines that came back after a deactivation, when they did: tokens from before are of the earlier seat. */
    returned?: Record<string, UnixSeconds>;
    /**
     * If seats lapse: until when each active machine holds its own, as far as this record knows. A token needs no look
     * at it, because it ends with its seat. After that date, a key must ask the ledger.
     */
    seats?: Record<string, UnixSeconds>;
    /** When this record was made from the ledger. A credential issued later may know more than the record. */
    published_at: UnixSeconds;
  };

/** The edge copy of a license as the ledger has it at `now`. */
export const licenseRecordOf = (license: License, now: UnixSeconds): LicenseRecord => ({
  id: license.id,
  generation: license.generation,
  ...grantOf(license),
  admin_state: license.admin_state,
  refund_state: license.refund_state,
  dispute_state: license.dispute_state,
  subscription_state: license.subscription_state,
  expires_at: license.expires_at,
  extended_until: license.extended_until,
  grace_seconds: license.grace_seconds,
  machines: activeMachines(license).map((machine) => machine.fingerprint_hash),
  ...returnsOf(license, now),
  ...seatsOf(license),
  published_at: now,
});

/** The longest time that a token verifies, with a day for the clocks. */
const RETURNS_KEPT = 31 * DAY;

/** The returns that a running token may be older than. A machine's id is made with its first seat. */
function returnsOf(license: License, now: UnixSeconds): Pick<LicenseRecord, "returned"> {
  const returned = activeMachines(license).filter(
    ({ id, activated_at }) => activated_at > now - RETURNS_KEPT && id < earliestId("mach", activated_at),
  );
  if (returned.length === 0) return {};
  return { returned: Object.fromEntries(returned.map((machine) => [machine.fingerprint_hash, machine.activated_at])) };
}

function seatsOf(license: License): Pick<LicenseRecord, "seats"> {
  if (license.seat_idle_seconds === null) return {};
  const ends = activeMachines(license).map((machine) => [machine.fingerprint_hash, seatEnd(license, machine)]);
  return { seats: Object.fromEntries(ends) };
}

/**
 * The machines that have not been deactivated. Each holds a seat, or has let it lapse and can come back to it until
 * another machine needs it.
 */
export const activeMachines = (license: License): MachineRow[] =>
  license.machines.filter((machine) => machine.deactivated_at === null);

/** Whether a license has a subscription that Stripe has not ended: one that is billed, unpaid or paused. */
export const isSubscribed = ({
  stripe_subscription_id,
  subscription_state,
}: Pick<LicenseRow, "stripe_subscription_id" | "subscription_state">): boolean =>
  stripe_subscription_id !== null && subscription_state !== "ended";

/** Whether Stripe goes on billing for a license, and nobody has decided to end that. */
export const isBilled = ({
  subscription_state,
  cancel_due_at,
}: Pick<LicenseRow, "subscription_state" | "cancel_due_at">): boolean =>
  (subscription_state === "active" || subscription_state === "past_due") && cancel_due_at === null;

export const LICENSE_STATUSES = ["active", "suspended", "revoked", "expired"] as const;
export type LicenseStatus = (typeof LICENSE_STATUSES)[number];

/** A license's status, its cause, and the time until which it stays in force if nothing else happens (null: no end). */
export type Standing =
  | { status: "active"; ends_at: UnixSeconds | null; warning: "in_grace" | null }
  | { status: Exclude<LicenseStatus, "active">; cause: "admin" | "payment" | "subscription" | "expiry" };

/**
 * Decides whether a license is in force. It is the only function that does. Precedence: an admin's decision, then a
 * lost dispute or full refund, an open dispute, an admin's extension, the subscription, expiry. So no payment can undo
 * an admin's decision.
 */
export function standingOf(facts: LicenseFacts, now: UnixSeconds): Standing {
  if (facts.admin_state === "revoked") return { status: "revoked", cause: "admin" };
  if (facts.admin_state === "suspended") return { status: "suspended", cause: "admin" };
  if (facts.dispute_state === "lost" || facts.refund_state === "full") return { status: "revoked", cause: "payment" };
  if (facts.dispute_state === "open") return { status: "suspended", cause: "payment" };
  const paid = standingOfPayment(facts, now);
  const { extended_until } = facts;
  if (extended_until === null || now >= extended_until || (paid.status === "active" && paid.ends_at === null))
    return paid;
  const endsAt =
    paid.status === "active" && paid.ends_at !== null ? Math.max(paid.ends_at, extended_until) : extended_until;
  return { status: "active", ends_at: isEndless(endsAt) ? null : endsAt, warning: null };
}

/** Whether an extension has no end: an admin has amended a paid license to last forever. */
const isEndless = (at: UnixSeconds | null): boolean => at === END_OF_TIME;

/** Whether a license is revoked: by an admin, a full refund or a lost dispute. No date changes that. */
export const isRevoked = (facts: LicenseFacts): boolean => standingOf(facts, 0).status === "revoked";

function standingOfPayment(facts: LicenseFacts, now: UnixSeconds): Standing {
  if (facts.subscription_state === "ended") return { status: "expired", cause: "subscription" };
  if (facts.subscription_state === "suspended") return { status: "suspended", cause: "subscription" };
  if (facts.expires_at === null) return { status: "active", ends_at: null, warning: null };
  const endsAt = facts.expires_at + facts.grace_seconds;
  if (now < endsAt) {
    // The grace of a failed renewal begins at the failure, even if the clocks of the two systems differ.
    const inGrace = facts.subscription_state === "past_due" || now >= facts.expires_at;
    return { status: "active", ends_at: endsAt, warning: inGrace ? "in_grace" : null };
  }
  return facts.subscription_state === "past_due"
    ? { status: "suspended", cause: "subscription" }
    : { status: "expired", cause: "expiry" };
}

/**
 * The status of a machine's place in the status lists at `now`. The place of an earlier generation of the license key
 * is invalid for good, as is one that the machine has left (table `spent_status_indices`). Any other has the status of
 * the license.
 */
export const statusOfMachine = (
  license: LicenseFacts & Pick<LicenseRow, "generation">,
  { status_generation }: Pick<MachineRow, "status_generation">,
  now: UnixSeconds,
): LicenseStatus => (status_generation === license.generation ? standingOf(license, now).status : "revoked");

/** The end of the paid or granted time of a license, without grace; null: no end. */
export const endOf = ({
  expires_at,
  extended_until,
}: Pick<LicenseFacts, "expires_at" | "extended_until">): UnixSeconds | null =>
  expires_at === null || isEndless(extended_until) ? null : Math.max(expires_at, extended_until ?? 0);

/** The status set by an admin, refund or dispute; `none` if only dates decide. */
export const DECIDED_SQL = `CASE WHEN admin_state <> 'none' THEN admin_state
    WHEN dispute_state = 'lost' OR refund_state = 'full' THEN 'revoked'
    WHEN dispute_state = 'open' THEN 'suspended' ELSE 'none' END`;

/** The time until which a license is in force if only dates decide. A license without an end has the end of time. */
export const IN_FORCE_UNTIL_SQL = `CASE WHEN subscription_state IN ('ended', 'suspended') THEN coalesce(extended_until, 0)
    WHEN expires_at IS NULL THEN ${END_OF_TIME}
    ELSE max(expires_at + grace_seconds, coalesce(extended_until, 0)) END`;

/** The status of a license that is no longer in force, if only dates decide. */
export const LAPSED_SQL =
  "CASE WHEN subscription_state IN ('suspended', 'past_due') THEN 'suspended' ELSE 'expired' END";

/**
 * `standingOf(...).status` as an SQL expression over a `licenses` row, for counts and conditional writes. `?1` is the
 * current time. The property test in test/domain/licensing/license/status.test.ts proves that the two are equal.
 */
export const STATUS_SQL = `CASE
  WHEN ${DECIDED_SQL} <> 'none' THEN ${DECIDED_SQL}
  WHEN ?1 < ${IN_FORCE_UNTIL_SQL} THEN 'active'
  ELSE ${LAPSED_SQL} END`;

/** The condition `STATUS_SQL = status` in a form that uses the index `licenses_by_status`. `?1` is the current time. */
export function statusCondition(status: LicenseStatus): string {
  const decided = `${DECIDED_SQL} = '${status}'`;
  const lapsed = `${DECIDED_SQL} = 'none' AND ${IN_FORCE_UNTIL_SQL} <= ?1 AND ${LAPSED_SQL} = '${status}'`;
  switch (status) {
    case "active":
      return `${DECIDED_SQL} = 'none' AND ${IN_FORCE_UNTIL_SQL} > ?1`;
    case "revoked":
      return decided;
    case "suspended":
      return `(${decided} OR (${lapsed}))`;
    case "expired":
      return lapsed;
  }
}
