import { END_OF_TIME, type UnixSeconds } from "../../../lib/time.ts";

/** The stored facts a license's status follows from. Each has one writer, and none is ever overwritten by another's. */
export type LicenseFacts = {
  /** What an admin decided. */
  admin_state: "none" | "suspended" | "revoked";
  refund_state: "none" | "partial" | "full";
  dispute_state: "none" | "open" | "won" | "lost";
  /** `suspended`: unpaid or paused. `ended`: canceled. `none`: not sold as a subscription. */
  subscription_state: "none" | "active" | "past_due" | "suspended" | "ended";
  /** Paid or granted until; null: for ever. */
  expires_at: UnixSeconds | null;
  /** In force until then whatever the subscription says: an admin's extension. */
  extended_until: UnixSeconds | null;
  /** How long after `expires_at` the license goes on, with a warning. */
  grace_seconds: number;
};

/** The facts of a license, and nothing else of it. A new fact does not compile without its place here. */
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

/** A license's status, what decided it, and until when it is in force if nothing else happens (null: no end). */
export type Standing =
  | { status: "active"; ends_at: UnixSeconds | null; warning: "in_grace" | null }
  | { status: Exclude<LicenseStatus, "active">; cause: "admin" | "payment" | "subscription" | "expiry" };

/**
 * The one function that says whether a license is in force. Precedence: an admin's decision, then a lost dispute or full
 * refund, an open dispute, an admin's extension, the subscription, expiry. So nothing that money does can undo what an admin
 * decided.
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
    // A renewal that has failed is in its grace from that moment, whatever the clocks of two systems make of it.
    const inGrace = facts.subscription_state === "past_due" || now >= facts.expires_at;
    return { status: "active", ends_at: endsAt, warning: inGrace ? "in_grace" : null };
  }
  return facts.subscription_state === "past_due"
    ? { status: "suspended", cause: "subscription" }
    : { status: "expired", cause: "expiry" };
}

/** When a license ends by what was paid for or an admin has granted, without grace; null: never. */
export const endOf = ({
  expires_at,
  extended_until,
}: Pick<LicenseFacts, "expires_at" | "extended_until">): UnixSeconds | null =>
  expires_at === null ? null : Math.max(expires_at, extended_until ?? 0);

/** What holds whatever the time is, by an admin's decision or the money's; `none`: the clock decides. */
const DECIDED_SQL = `CASE WHEN admin_state <> 'none' THEN admin_state
    WHEN dispute_state = 'lost' OR refund_state = 'full' THEN 'revoked'
    WHEN dispute_state = 'open' THEN 'suspended' ELSE 'none' END`;

/** Until when a license is in force if nothing has been decided; the end of time where there is no end. */
const IN_FORCE_UNTIL_SQL = `CASE WHEN subscription_state IN ('ended', 'suspended') THEN coalesce(extended_until, 0)
    WHEN expires_at IS NULL THEN ${END_OF_TIME}
    ELSE max(expires_at + grace_seconds, coalesce(extended_until, 0)) END`;

/** What a license is once it is no longer in force and nothing has been decided. */
const LAPSED_SQL = "CASE WHEN subscription_state IN ('suspended', 'past_due') THEN 'suspended' ELSE 'expired' END";

/**
 * `standingOf(...).status` as an SQL expression over a `licenses` row, for counts and conditional writes; `?1` is the current
 * time. The property test in test/domain/licensing/license-status.test.ts holds the two equal.
 */
export const STATUS_SQL = `CASE
  WHEN ${DECIDED_SQL} <> 'none' THEN ${DECIDED_SQL}
  WHEN ?1 < ${IN_FORCE_UNTIL_SQL} THEN 'active'
  ELSE ${LAPSED_SQL} END`;

/** `STATUS_SQL = status` in the form that the index `licenses_by_status` answers; `?1` is the current time. */
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
