import { isErased, type License, type Standing, standingOf } from "../../../domain/licensing/license/record.ts";
import { isTrialPlan, planName } from "../../../domain/licensing/plans.ts";
import { formatAmount } from "../../../lib/money.ts";
import { printable } from "../../../lib/printable.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { type FC, formatDate, StatusBadge, type Tone } from "../../page/kit.ts";

/** The address of the page of a license. */
export const licensePath = (id: string): string => `/admin/licenses/${encodeURIComponent(id)}`;

/** The name and tone of each status. */
export const STATUS_WORDS: Record<Standing["status"], { text: string; tone: Tone }> = {
  active: { text: "Active", tone: "good" },
  suspended: { text: "On hold", tone: "careful" },
  revoked: { text: "Revoked", tone: "bad" },
  expired: { text: "Expired", tone: "plain" },
};

/** The status of a license and its cause, in a sentence for admins. `facts` tell causes apart that share a status. */
export function sentenceOf(standing: Standing, facts: License): string {
  if (isErased(facts)) return "Revoked: its owner's data was erased.";
  switch (standing.status) {
    case "active":
      if (isInTrial(facts)) return trialOf(standing, facts);
      if (standing.ends_at === null) return "In force, without an end date.";
      if (standing.warning === "in_grace") {
        const cause = facts.subscription_state === "past_due" ? "the last payment failed" : "its end has passed";
        return `In force until ${formatDate(standing.ends_at)}, in its grace period: ${cause}.`;
      }
      return standing.ends_at === facts.extended_until
        ? `In force until ${formatDate(standing.ends_at)}, extended by an admin.`
        : inForce(standing.ends_at, facts);
    case "suspended":
      if (standing.cause === "admin") return "On hold: an admin suspended it.";
      if (standing.cause === "payment") return "On hold: one of its payments is disputed.";
      return onHold(facts);
    case "revoked":
      if (standing.cause === "admin") return "Revoked by an admin. Only an owner can reinstate it.";
      return facts.dispute_state === "lost"
        ? "Revoked: the dispute over its payment was lost."
        : "Revoked: its payment was refunded.";
    case "expired":
      return standing.cause === "subscription" ? "Expired: its subscription ended." : "Expired: its end has passed.";
  }
}

/** Why the subscription holds a license: a pause is somebody's decision, and not a payment that failed. */
function onHold({ stripe_status }: License): string {
  switch (stripe_status) {
    case "paused":
      return "On hold: its subscription is paused at Stripe. Nothing is charged meanwhile.";
    case "incomplete":
      return "On hold: the first payment of its subscription is not complete.";
    case "unpaid":
      return "On hold: its payments failed, and Stripe does not try again.";
    default:
      return "On hold: its last payment failed, and its grace period is over.";
  }
}

/** Whether a license in force is a trial: a free one that was issued, or the one before the first payment. */
const isInTrial = ({ plan, trial_ends_at }: License): boolean => isTrialPlan(plan) || trial_ends_at !== null;

/** A trial in a sentence for admins, with the first charge. */
function trialOf({ ends_at }: Extract<Standing, { status: "active" }>, license: License): string {
  const { trial_ends_at, cancels_at, next_charge_amount, price_currency } = license;
  const end = trial_ends_at ?? ends_at;
  if (end === null) return "In a free trial, without an end date.";
  if (trial_ends_at === null) return `In a free trial until ${formatDate(end)}.`;
  if (cancels_at !== null) return `In a trial until ${formatDate(end)}, canceled.`;
  const charge =
    next_charge_amount === null || price_currency === null
      ? "the first payment"
      : formatAmount(next_charge_amount, price_currency);
  return `In a trial until ${formatDate(end)}; then ${charge} is due.`;
}

/** The status of a license in one word; a trial is called a trial. */
export const statusWords = (standing: Standing, license: License): { text: string; tone: Tone } =>
  standing.status === "active" && isInTrial(license) ? { text: "Trial", tone: "good" } : STATUS_WORDS[standing.status];

/** A subscription that renews: its renewal date says more than the end of its grace period. */
function inForce(endsAt: UnixSeconds, license: License): string {
  const { subscription_state, expires_at, grace_seconds, cancels_at, collection_paused } = license;
  if (collection_paused) return "In force. The collection of its payments is paused.";
  if (cancels_at !== null) return `In force until ${formatDate(endsAt)}, canceled.`;
  return subscription_state === "active" && expires_at !== null && grace_seconds > 0
    ? `In force. It renews on ${formatDate(expires_at)}.`
    : `In force until ${formatDate(endsAt)}.`;
}

/** The status of a license; its cause is shown on hover. */
export const LicenseStatusBadge: FC<{ license: License; now: UnixSeconds }> = ({ license, now }) => {
  const standing = standingOf(license, now);
  return (
    <span title={sentenceOf(standing, license)}>
      <StatusBadge {...statusWords(standing, license)} />
    </span>
  );
};

/** The owner of a license as text. */
export const ownerText = (license: Pick<License, "email">): string =>
  isErased(license) ? "Erased person" : printable(license.email);

/** The line under the title of an act on a license: its owner, its plan and its id. */
export const aboutLicense = (license: Pick<License, "email" | "plan" | "id">) => (
  <>
    <a href={licensePath(license.id)}>{ownerText(license)}</a> · {planName(license.plan)}{" "}
    <code class="quiet">{license.id}</code>
  </>
);

/** The same with a line break allowed before the `@`, for long mail addresses. */
export const OwnerName: FC<{ license: Pick<License, "email"> }> = ({ license }) => {
  const [, name = ownerText(license), host = ""] = /^(.*)(@[^@]*)$/s.exec(ownerText(license)) ?? [];
  if (host === "") return <>{name}</>;
  return (
    <>
      {name}
      <wbr />
      {host}
    </>
  );
};

/** The parts of the Stripe dashboard, by the prefix of the ids that have a page there. */
const PARTS: ReadonlyMap<string, string> = new Map([
  ["cus", "customers"],
  ["sub", "subscriptions"],
  ["pi", "payments"],
  ["ch", "payments"],
  ["py", "payments"],
  ["in", "invoices"],
  ["dp", "disputes"],
  ["du", "disputes"],
  ["evt", "events"],
]);

/** The address of a Stripe object in the Stripe dashboard; a search for its id if it has no page. */
export function stripeLink(id: string, livemode: boolean): string {
  const base = `https://dashboard.stripe.com/${livemode ? "" : "test/"}`;
  const part = PARTS.get(id.slice(0, id.indexOf("_")));
  return (
    base + (part === undefined ? `search?${new URLSearchParams({ query: id })}` : `${part}/${encodeURIComponent(id)}`)
  );
}
