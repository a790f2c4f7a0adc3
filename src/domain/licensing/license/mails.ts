import { DAY, type UnixSeconds } from "../../../lib/time.ts";
import type { MailOfChange } from "../../../platform/storage/change.ts";
import type { Change } from "../../../platform/storage/ledger.ts";
import type { MailKind } from "../../../platform/storage/mail-outbox.ts";
import { isInForce, isTakenBack, noticesOf, PHASES, type Phase, type PhaseFacts, phaseOf } from "./phase.ts";
import { endOf, isErased, type LicenseRow, standingOf } from "./record.ts";

/** A mail about a license, without its recipient. */
type Told = Pick<MailOfChange, "kind" | "data"> & { occasion?: string };

/** For licenses from before `told`: how long after a change by the clock its mail is still sent. */
const LATE = 3 * DAY;

/** The phase that the owner was last told of. */
export function toldPhase(license: LicenseRow, now: UnixSeconds): Phase {
  const told = PHASES.find((phase) => phase === license.told);
  return told ?? phaseOf(license, Math.max(license.updated_at, now - LATE));
}

/**
 * The mails to the owner about a change of a license from `before` to `after`. The clock may have changed the phase
 * since the owner was last told (`before.told`); that is told, too, so the job of the clock is a change without a
 * patch. An erased license has no owner.
 */
export function mailsOfChange(
  before: LicenseRow,
  after: LicenseRow,
  { at: now, action }: Pick<Change, "at" | "action">,
): MailOfChange[] {
  if (isErased(after)) return [];
  const from = toldPhase(before, now);
  const to = phaseOf(after, now);
  const ofPhase = from === to ? null : mailOfPhase(from, to, action);
  // Another plan begins anew, so its mail tells that the license works.
  const isTold = before.plan !== after.plan && ofPhase?.kind === "license_resumed";
  const notices = noticesOf(after, now).filter((notice) => now >= notice.from);
  const told: Told[] = [
    ...(ofPhase && !isTold ? [ofPhase] : []),
    ...mailsOfFacts(before, after, from, to),
    // A notice announces the new end itself.
    ...(notices.length === 0 ? mailsOfEnd(before, after, from, to) : []),
    ...notices.map(({ kind, until }) => ({ kind, occasion: String(until), data: { until } })),
  ];
  const mails = told.map(
    ({ data, ...mail }): MailOfChange => ({
      licenseId: after.id,
      to: after.email,
      data: { ...noted(after, now), ...data },
      ...mail,
    }),
  );
  if (before.email === after.email) return mails;
  // The new address is not told to the old one: it may be somebody else's.
  return [{ licenseId: after.id, kind: "address_changed", to: before.email, data: {} }, ...mails];
}

/** The mail about a change of phase; null if another mail tells it, or the owner has nothing to learn from it. */
function mailOfPhase(from: Phase, to: Phase, action: string): Told | null {
  const mail = (kind: MailKind, cause: string | null = null): Told => ({ kind, data: { cause } });
  switch (to) {
    case "trial":
    case "active":
    case "due":
      if (isInForce(from)) return mailInForce(from, to);
      if (from === "disputed") return mail("license_dispute_won");
      if (isTakenBack(from)) return mail("license_reinstated", from);
      return mail("license_resumed", from);
    case "unpaid":
    case "paused":
    case "suspended":
      return mail("license_suspended", to);
    case "disputed":
      return mail("license_disputed");
    case "ended":
      return isTakenBack(from) ? null : mail("license_ended", from);
    case "refunded":
      // The refund itself is told, with its amount (`mailsOfPayments`).
      return null;
    case "dispute_lost":
      return from === "revoked" ? null : mail("license_revoked", "dispute");
    case "revoked":
      if (isTakenBack(from)) return null;
      return mail("license_revoked", action === "license.refund" ? "refund" : "admin");
  }
}

/** The mail about a change from one phase in force to another. Payments are told by `mailsOfPayments`. */
function mailInForce(from: Phase, to: Phase): Told | null {
  if (to === "due") return { kind: "payment_failed", data: {} };
  if (to === "trial") return { kind: "trial_started", data: {} };
  return from === "due" ? { kind: "license_resumed", data: { cause: "paid" } } : null;
}

/** The mails about facts beside the phase. */
function mailsOfFacts(before: LicenseRow, after: LicenseRow, from: Phase, to: Phase): Told[] {
  const told: Told[] = [];
  const isPlanNew = before.plan !== after.plan;
  if (before.generation !== after.generation) {
    told.push({ kind: "key_rotated", data: { is_new_owner: before.email === after.email ? 0 : 1 } });
  }
  if (isTakenBack(to)) return told;
  if (isPlanNew) told.push({ kind: "plan_changed", data: { from: before.plan, to: after.plan } });
  else if (before.machine_limit !== after.machine_limit) {
    told.push({ kind: "machine_limit_changed", data: { from: before.machine_limit, to: after.machine_limit } });
  }
  if (isInForce(to) && !isPlanNew && before.cancels_at !== after.cancels_at) {
    if (after.cancels_at !== null) told.push({ kind: "license_cancelled", data: { until: after.cancels_at } });
    else if (isInForce(from)) told.push({ kind: "license_uncancelled", data: {} });
  }
  return told;
}

/** The mail about an end that somebody has moved, if nothing else tells it. */
const mailsOfEnd = (before: LicenseRow, after: LicenseRow, from: Phase, to: Phase): Told[] =>
  from === to && isInForce(to) && before.plan === after.plan && isEndMoved(before, after)
    ? [{ kind: "end_changed", data: { from: endOf(before), until: endOf(after) } }]
    : [];

/** Whether somebody has moved the end of a license, not its payment. */
function isEndMoved(before: LicenseRow, after: LicenseRow): boolean {
  if (before.subscription_state === "none" && after.subscription_state === "none") {
    return endOf(before) !== endOf(after);
  }
  const isTrialMoved = before.trial_ends_at !== null && before.trial_ends_at !== after.trial_ends_at;
  return before.extended_until !== after.extended_until || (isTrialMoved && after.trial_ends_at !== null);
}

/** The facts of a new license that its first mails follow from. */
export type CreatedLicense = PhaseFacts & Pick<LicenseRow, "id" | "email" | "checkout_session_id" | "cancels_at">;

/**
 * The mails about a new license: its key, the terms of a trial before the first payment, and its standing if it is not
 * in force any more. A purchase that was refunded before its first event arrived is one.
 */
export function mailsOfCreation(
  license: CreatedLicense,
  { at: now, action }: Pick<Change, "at" | "action">,
): MailOfChange[] {
  const { id: licenseId, email: to, checkout_session_id: session, cancels_at } = license;
  const phase = phaseOf(license, now);
  const told: Told[] = [{ kind: "license_key", data: {} }];
  if (phase === "trial" && license.trial_ends_at !== null) told.push({ kind: "trial_started", data: {} });
  const ofPhase = phase === "trial" ? null : mailOfPhase("active", phase, action);
  if (ofPhase && phase !== "active") told.push(ofPhase);
  if (isInForce(phase) && cancels_at !== null) told.push({ kind: "license_cancelled", data: { until: cancels_at } });
  const occasion = session === null ? {} : { occasion: session };
  return told.map(({ data, ...mail }) => ({
    licenseId,
    to,
    data: { ...noted(license, now), ...data },
    ...occasion,
    ...mail,
  }));
}

/** The mail with a license's current key, beside a change at `now`. */
export const mailOfKey = (license: PhaseFacts & Pick<LicenseRow, "id" | "email">, now: UnixSeconds): MailOfChange => ({
  kind: "license_key",
  licenseId: license.id,
  to: license.email,
  data: noted(license, now),
});

/** The standing that a mail is about, noted with it, because the license may be in another one when it is sent. */
function noted(license: PhaseFacts, now: UnixSeconds): { phase: Phase; works_until: UnixSeconds | null } {
  const standing = standingOf(license, now);
  return { phase: phaseOf(license, now), works_until: standing.status === "active" ? standing.ends_at : null };
}
