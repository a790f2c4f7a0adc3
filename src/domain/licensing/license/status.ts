import { END_OF_TIME, type UnixSeconds } from "../../../lib/time.ts";

/** The facts that a license's status follows from. Each has one writer, which overwrites no other fact. */
export type LicenseFacts = {
  /** The admins' decision. */
  admin_state: "none" | "suspended" | "revoked";
  refund_state: "none" | "partial" | "full";
  dispute_state: "none" | "open" | "won" | "lost";
  /** `suspended`: unpaid or paused. `ended`: canceled. `none`: not sold as a subscription. */
  subscription_state: "none" | "active" | "past_due" | "suspended" | "ended";
  /** The end of the paid or granted time; null: no end. */
  expires_at: UnixSeconds | null;
  /** An admin's extension: the license is in force until then, regardless of the subscription. */
  extended_until: UnixSeconds | null;
  /** How long the license continues after `expires_at`, with a warning. */
  grace_seconds: number;
};

/** The facts of a license, without its other fields. A new fact does not compile until it is listed here. */
export const factsOf = (license: LicenseFacts): LicenseFacts => ({
  admin_state: license.admin_state,
  refund_state: license.refund_state,
  dispute_state: license.dispute_state,
  subscription_state: license.subscription_state,
  expires_at: license.expires_at,
  extended_until: license.extended_until,
  grace_seconds: license.grace_seconds,
});

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
  return { status: "active", ends_at: endsAt, warning: null };
}

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

/** The end of the paid or granted time of a license, without grace; null: no end. */
export const endOf = ({
  expires_at,
  extended_until,
}: Pick<LicenseFacts, "expires_at" | "extended_until">): UnixSeconds | null =>
  expires_at === null ? null : Math.max(expires_at, extended_until ?? 0);

/** The status set by an admin, refund or dispute; `none` if only dates decide. */
const DECIDED_SQL = `CASE WHEN admin_state <> 'none' THEN admin_state
    WHEN dispute_state = 'lost' OR refund_state = 'full' THEN 'revoked'
    WHEN dispute_state = 'open' THEN 'suspended' ELSE 'none' END`;

/** The time until which a license is in force if only dates decide. A license without an end has the end of time. */
const IN_FORCE_UNTIL_SQL = `CASE WHEN subscription_state IN ('ended', 'suspended') THEN coalesce(extended_until, 0)
    WHEN expires_at IS NULL THEN ${END_OF_TIME}
    ELSE max(expires_at + grace_seconds, coalesce(extended_until, 0)) END`;

/** The status of a license that is no longer in force, if only dates decide. */
const LAPSED_SQL = "CASE WHEN subscription_state IN ('suspended', 'past_due') THEN 'suspended' ELSE 'expired' END";

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
