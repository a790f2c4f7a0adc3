import { DAY, HOUR, type UnixSeconds } from "../../../lib/time.ts";
import { isTrialPlan } from "../plans.ts";
import { endOf, type LicenseFacts, type LicenseRow, standingOf } from "./record.ts";

/**
 * The phases of a license that its owner is told of: its status with the cause, as far as the two make a difference to
 * the owner. `due`: a payment failed, and the license works for a while.
 */
export const PHASES = [
  "trial",
  "active",
  "due",
  "unpaid",
  "paused",
  "suspended",
  "disputed",
  "ended",
  "refunded",
  "dispute_lost",
  "revoked",
] as const;
export type Phase = (typeof PHASES)[number];

/** The phases in which a license opens downloads. */
export const isInForce = (phase: Phase): boolean => phase === "trial" || phase === "active" || phase === "due";

/** The phases that end a license for good, unless an admin or the payment brings it back. */
export const isTakenBack = (phase: Phase): boolean =>
  phase === "refunded" || phase === "dispute_lost" || phase === "revoked";

/** The facts of a license that its phase follows from. */
export type PhaseFacts = LicenseFacts & Pick<LicenseRow, "plan" | "stripe_status" | "trial_ends_at">;

/** Whether a license is in a trial at `now`: a free one that was issued, or the one before the first payment. */
export const isTrial = (
  { plan, trial_ends_at }: Pick<PhaseFacts, "plan" | "trial_ends_at">,
  now: UnixSeconds,
): boolean => isTrialPlan(plan) || (trial_ends_at !== null && now < trial_ends_at);

/** The phase of a license at `now`. */
export function phaseOf(license: PhaseFacts, now: UnixSeconds): Phase {
  const standing = standingOf(license, now);
  switch (standing.status) {
    case "active":
      if (standing.warning === "in_grace" && license.subscription_state === "past_due") return "due";
      return isTrial(license, now) ? "trial" : "active";
    case "suspended":
      if (standing.cause === "admin") return "suspended";
      if (standing.cause === "payment") return "disputed";
      return license.stripe_status === "paused" ? "paused" : "unpaid";
    case "revoked":
      if (standing.cause === "admin") return "revoked";
      return license.dispute_state === "lost" ? "dispute_lost" : "refunded";
    case "expired":
      return "ended";
  }
}

/** How long before its end the owner of a license without a subscription gets a mail. */
export const END_NOTICE = 7 * DAY;

/**
 * How long before the first charge of a trial its customer gets a mail. Visa asks for seven days at least, and Stripe's
 * own event comes three days before. The hour is for the job, which runs hourly.
 */
export const TRIAL_NOTICE = 7 * DAY + HOUR;

/** A mail that is due because time has passed. `occasion`: the date that it announces, so that it is sent once. */
export type Notice = { kind: "license_expiring" | "trial_ending"; from: UnixSeconds; until: UnixSeconds };

/** The facts of a license that its notices follow from. */
export type NoticeFacts = PhaseFacts & Pick<LicenseRow, "cancels_at" | "created_at">;

/**
 * The notices of a license in force, with the times that they are due between. A trial that is canceled charges
 * nothing, so it needs no notice. A license of a week or less, or such a trial, has just been announced with its end.
 */
export function noticesOf(license: NoticeFacts, now: UnixSeconds): Notice[] {
  const { trial_ends_at, cancels_at, created_at, subscription_state } = license;
  const standing = standingOf(license, now);
  if (standing.status !== "active") return [];
  const notices: Notice[] = [];
  const isCharged = cancels_at === null || (trial_ends_at !== null && cancels_at > trial_ends_at);
  if (subscription_state === "active" && trial_ends_at !== null && isCharged) {
    notices.push({ kind: "trial_ending", from: trial_ends_at - TRIAL_NOTICE, until: trial_ends_at });
  }
  if (subscription_state === "none" && standing.ends_at !== null) {
    notices.push({ kind: "license_expiring", from: standing.ends_at - END_NOTICE, until: standing.ends_at });
  }
  return notices.filter(({ from, until }) => from > created_at && until > now);
}

/**
 * The next time after `now` at which the clock alone changes a license's phase, or makes a notice due; null: never.
 * Every change of the license computes it anew.
 */
export function tellAt(license: NoticeFacts, now: UnixSeconds): UnixSeconds | null {
  const standing = standingOf(license, now);
  if (standing.status !== "active") return null;
  const times = [
    standing.ends_at,
    license.extended_until,
    license.trial_ends_at,
    // With a grace period, the end of the paid time comes first.
    endOf(license),
    ...noticesOf(license, now).map(({ from }) => from),
  ].filter((at) => at !== null && at > now);
  return times.length === 0 ? null : Math.min(...times.filter((at) => at !== null));
}
