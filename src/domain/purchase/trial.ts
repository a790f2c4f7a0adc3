import type Stripe from "stripe";
import type { UnixSeconds } from "../../lib/time.ts";
import { mailboxOf, TRIAL_REFUSED, type TrialMark, trialMark } from "../licensing/trial/mark.ts";
import { findTrial, freeMarksTaken, hasMark, marksTaken } from "../licensing/trial/store.ts";
import { keyRefusal } from "./key-refusal.ts";
import { noteKeyRefusal } from "./key-refusal-note.ts";
import type { Observation } from "./observation.ts";
import { idOf, isMissing, type StripeClient } from "./stripe.ts";

/** The most machines of a license before its first payment, whatever number it is sold with. */
export const MOST_TRIAL_MACHINES = 10;

/** The reasons for which a purchase has no trial: the mark of an earlier one. */
export const TRIAL_REFUSALS = ["address", "card"] as const;
export type TrialRefusal = (typeof TRIAL_REFUSALS)[number];

/** The mark because of which the trial of a subscription was ended, or null. */
export const trialRefusalOf = (subscription: Stripe.Subscription | null): TrialRefusal | null =>
  TRIAL_REFUSALS.find((one) => one === subscription?.metadata[TRIAL_REFUSED]) ?? null;

/**
 * Whether a subscription that began with a trial has not been paid yet: the trial runs, or its first payment is due. A
 * discount of 100 % counts as a payment.
 */
export function isBeforeFirstPayment({
  subscription,
  invoices,
}: Pick<Observation, "subscription" | "invoices">): boolean {
  if (!subscription?.trial_end) return false;
  const { trial_end, status } = subscription;
  if (status === "trialing") return true;
  // The invoice of the trial itself is free, and may be as old as a trial that was ended at once.
  const isPayment = ({ total, billing_reason, created }: Stripe.Invoice): boolean =>
    total > 0 || (billing_reason !== "subscription_create" && created >= trial_end);
  return !invoices.some((invoice) => invoice.status === "paid" && isPayment(invoice));
}

/** The dependencies of the rule. `trialSecret` makes the marks. */
export type TrialScope = { db: D1Database; stripe: StripeClient; trialSecret: CryptoKey };

/** A buyer with a trial. `licenseId` null: the license is about to be made. */
export type TrialBuyer = { licenseId: string | null; email: string };

/**
 * Holds the rule of one trial for a subscription that began with one. If its buyer's address or payment method has had
 * a trial before, it ends the trial at Stripe, so that the first payment is due now, and returns true: look again. Else
 * the license gets its marks, at once if it exists; `marks` are those that its creation must take (`marksTaken`).
 * Idempotent. A trial that is over is only noted. Throws the errors of Stripe and D1.
 */
export async function holdOneTrial(
  scope: TrialScope,
  { subscription, charges }: Observation,
  buyer: TrialBuyer,
  now: UnixSeconds,
): Promise<{ ended: boolean; marks: TrialMark[] }> {
  const { db, stripe } = scope;
  const { licenseId, email } = buyer;
  if (!subscription?.trial_start || trialRefusalOf(subscription) !== null) return NOTHING;
  if (licenseId !== null && (await hasMark(db, licenseId))) return NOTHING;
  const isRunning = subscription.status === "trialing";
  const card = fingerprintOfCharge(charges) ?? (isRunning ? await fingerprintOf(scope, subscription, now) : null);
  const marks = [await trialMark(scope.trialSecret, "address", mailboxOf(email))];
  if (card !== null) marks.push(await trialMark(scope.trialSecret, "card", card));
  if (!isRunning) {
    if (licenseId !== null) await freeMarksTaken(db, licenseId, marks, now).run();
    return licenseId === null ? { ended: false, marks } : NOTHING;
  }
  const earlier = await findTrial(db, marks, licenseId);
  if (earlier !== null) {
    await endTrial(stripe, subscription.id, { [TRIAL_REFUSED]: earlier });
    return { ended: true, marks: [] };
  }
  if (licenseId === null) return { ended: false, marks };
  await marksTaken(db, licenseId, marks, now).run();
  return NOTHING;
}

const NOTHING = { ended: false, marks: [] };

/**
 * Ends the trial of a subscription at Stripe: its first period begins and is billed now. A declined card makes it past
 * due. Idempotent. Throws Stripe's errors.
 */
export async function endTrial(stripe: StripeClient, id: string, metadata: Record<string, string>): Promise<void> {
  const idempotencyKey = ["end-trial", id, ...Object.values(metadata)].join("-");
  await stripe.subscriptions.update(id, { trial_end: "now", metadata }, { idempotencyKey });
}

/** The fingerprint of the payment method that pays a trial later, or null. It never delays a sale. */
async function fingerprintOf(
  { db, stripe }: TrialScope,
  { default_payment_method }: Stripe.Subscription,
  now: UnixSeconds,
): Promise<string | null> {
  const id = idOf(default_payment_method);
  if (id === null) return null;
  try {
    return fingerprintIn(await stripe.paymentMethods.retrieve(id));
  } catch (error) {
    // A key from before this rule may lack the permission. Then only the address counts, and admins are told.
    if (keyRefusal(error)?.permission) await noteKeyRefusal(db, error, now);
    else if (!isMissing(error)) throw error;
    return null;
  }
}

const fingerprintOfCharge = (charges: Observation["charges"]): string | null =>
  charges
    .map(({ charge }) => charge.payment_method_details && fingerprintIn(charge.payment_method_details))
    .find(Boolean) ?? null;

/** The fingerprint in the details of a payment method, which are under the name of its type. Some types have none. */
function fingerprintIn(method: { type: string }): string | null {
  const details: unknown = Reflect.get(method, method.type);
  const fingerprint: unknown =
    typeof details === "object" && details !== null ? Reflect.get(details, "fingerprint") : null;
  return typeof fingerprint === "string" ? `${method.type} ${fingerprint}` : null;
}
