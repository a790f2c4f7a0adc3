import type Stripe from "stripe";
import { logFailure } from "../../lib/log.ts";
import { ok } from "../../lib/result.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { change } from "../../platform/storage/change.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import type { Changes } from "../../platform/storage/settle.ts";
import { toldPhase } from "../licensing/license/mails.ts";
import { paidGrant } from "../licensing/license/paid-grant.ts";
import {
  isBilled,
  isErased,
  isSubscribed,
  type License,
  type LicenseFacts,
  standingOf,
} from "../licensing/license/record.ts";
import { type LicensePatch, licensePublication, licenseRoot, type StripeLink } from "../licensing/license/store.ts";
import { licensingSecrets } from "../licensing/secrets.ts";
import type { TrialMark } from "../licensing/trial/mark.ts";
import { mailsOfPayments } from "../money/mails.ts";
import { isNoNews, paymentNews, paymentsWritten, readPayments } from "../money/store.ts";
import { billingFacts } from "./billing-facts.ts";
import {
  chargeFacts,
  chargeKnown,
  chargesOf,
  chargesToStore,
  type KnownCharge,
  licenseChargeFacts,
} from "./charges.ts";
import { noteKeyRefusal } from "./key-refusal-note.ts";
import { type Observation, observe, type StripeLinks } from "./observation.ts";
import { paymentsBehind } from "./payments.ts";
import { isInvalidRequest, stripeClient } from "./stripe.ts";
import { subscriptionFacts } from "./subscription.ts";
import {
  holdOneTrial,
  isBeforeFirstPayment,
  MOST_TRIAL_MACHINES,
  type TrialBuyer,
  type TrialScope,
  trialRefusalOf,
} from "./trial.ts";

/** The dependencies of a purchase. */
export type PurchaseScope = TrialScope & { graceDays: number; livemode: boolean };

/** The dependencies of a purchase, from the configuration. Throws SERVICE_UNAVAILABLE when nothing is sold. */
export const purchaseScope = async (env: Env, config: Config): Promise<PurchaseScope> => ({
  db: env.DB,
  stripe: await stripeClient(config),
  graceDays: config.GRACE_DAYS,
  livemode: config.LIVEMODE,
  trialSecret: (await licensingSecrets(config)).keySecret,
});

/**
 * The changes to settle for synced licenses. An unchanged license is not published again, because Stripe may send one
 * event twenty times. Mails may have been queued, too.
 */
export const purchaseChanges = (licenses: readonly TouchedLicense[]): Changes => ({
  stale: licenses
    .filter(({ changeIds }) => changeIds.length > 0)
    .map(({ licenseId, changeIds }) => ({ ...licensePublication(licenseId), changeIds })),
  mail: true,
});

/** A license that was synced, with its changes. */
export type TouchedLicense = { licenseId: string; changeIds: string[] };

/** The outcome of a sync. `attention` is a message for admins, or null. */
export type SyncOutcome = TouchedLicense & { attention: string | null };

/**
 * Makes a license follow its payments: it looks at Stripe once (`observe`), derives from that what the license is now
 * (`derive`), and commits the facts that differ. The license is read before Stripe is asked, and the write takes effect
 * only if the license has not changed since. So of two concurrent syncs, the one with the older state cannot write
 * last. `chargeId` adds a charge. Idempotent; an error leaves nothing half-done. Throws the errors of Stripe and D1.
 */
export async function syncLicense(
  scope: Omit<PurchaseScope, "livemode">,
  licenseId: string,
  actor: Actor,
  chargeId: string | null = null,
): Promise<SyncOutcome> {
  const { db, graceDays } = scope;
  let attention: string | null = null;
  const { changeId } = await change(
    db,
    licenseRoot,
    licenseId,
    async (license) => {
      const [known, payments] = await Promise.all([chargesOf(db, licenseId), readPayments(db, license)]);
      const ids = known.map((charge) => charge.charge_id);
      const charges = chargeId === null ? ids : [...ids, chargeId];
      const { observation } = await look(scope, license, charges, { licenseId, email: license.email }, actor.now);
      const derived = derive(license, known, observation, { graceDays, now: actor.now });
      const patch = difference(license, derived.facts);
      attention = attentionFor({ ...license, ...derived.facts }, derived.unknownPrice, actor.now);
      const seen = await paymentsBehind(scope.stripe, license, observation, payments);
      const news = paymentNews(payments, seen, { isErased: isErased(license) });
      if (Object.keys(patch).length === 0 && derived.charges.length === 0 && isNoNews(news)) return ok(null);
      return ok({
        action: "license.follow-payment",
        patch,
        details: { ...patch },
        mails: mailsOfPayments(payments, news.written, { now: actor.now, isDue: isPaymentDue(license, actor.now) }).map(
          (mail) => ({ licenseId, to: license.email, ...mail }),
        ),
        beside: (made) => [
          ...derived.charges.map((charge) => chargeKnown(db, licenseId, charge, made)),
          ...paymentsWritten(db, licenseId, news, made),
        ],
      });
    },
    { actor },
  );
  return { licenseId, changeIds: changeId === null ? [] : [changeId], attention };
}

/** Whether the owner has been told that a payment is missing. Then the payment is told as the end of that. */
function isPaymentDue(license: License, now: UnixSeconds): boolean {
  const phase = toldPhase(license, now);
  return phase === "due" || phase === "unpaid";
}

/**
 * Looks at Stripe (`observe`), holds the rule of one trial (`holdOneTrial`), and notes for admins what our key
 * may not read. A license that is about to be made takes the `marks`.
 */
export async function look(
  scope: TrialScope,
  links: StripeLinks,
  knownCharges: readonly string[],
  buyer: TrialBuyer,
  now: UnixSeconds,
): Promise<{ observation: Observation; marks: TrialMark[] }> {
  const { db, stripe } = scope;
  const seen = await observe(stripe, links, knownCharges);
  const { ended, marks } = await holdOneTrial(scope, seen, buyer, now);
  const observation = ended ? await observe(stripe, links, knownCharges) : seen;
  const { next, creditNotesRefusal = null } = observation;
  for (const error of [next, creditNotesRefusal]) if (error instanceof Error) await noteKeyRefusal(db, error, now);
  if (isInvalidRequest(next)) logFailure("stripe.preview_failed", next, { subscription: links.stripe_subscription_id });
  return { observation, marks };
}

/** What an observation says about a license. `charges` are those to store. */
export type Derived = { facts: MoneyPatch; charges: KnownCharge[]; unknownPrice: string | null };

/** The columns of a license that its payments decide. */
type MoneyPatch = Omit<LicensePatch, "email" | "note" | "generation" | "admin_state" | "extended_until">;

/** A license as its payments see it: its objects at Stripe, and the columns of an admin's amendments. */
type Followed = StripeLinks & Pick<License, "plan" | "machine_limit_floor" | "plan_amended" | "cancel_due_at">;

/** Derives the facts of a license from an observation. Pure: the same observation always gives the same facts. */
export function derive(
  license: Followed,
  known: readonly KnownCharge[],
  observation: Observation,
  { graceDays, now }: { graceDays: number; now: UnixSeconds },
): Derived {
  const isSubscription = license.stripe_subscription_id !== null;
  const seen = chargeFacts(observation, license.stripe_payment_intent_id);
  const charges = [...known.filter((old) => !seen.some((one) => one.charge_id === old.charge_id)), ...seen];
  const { facts, unknownPrice } = subscriptionPart(license, observation, graceDays, now);
  const charged = licenseChargeFacts(charges, isSubscription);
  const cancel_due_at = cancellationDue(license, { ...facts, ...charged }, now);
  return {
    facts: {
      ...facts,
      ...charged,
      ...billingFacts(observation),
      cancel_due_at,
      trial_refused: trialRefusalOf(observation.subscription),
    },
    charges: chargesToStore(seen, known, isSubscription),
    unknownPrice,
  };
}

/**
 * When it was decided to cancel the subscription, or null. A lost dispute decides it: the bank has taken the money
 * back, and each further charge would end in a dispute, too. A subscription that has ended needs no cancellation.
 */
function cancellationDue(
  { stripe_subscription_id, cancel_due_at }: Followed,
  { subscription_state = "none", dispute_state }: MoneyPatch,
  now: UnixSeconds,
): UnixSeconds | null {
  if (!isSubscribed({ stripe_subscription_id, subscription_state })) return null;
  return cancel_due_at ?? (dispute_state === "lost" ? now : null);
}

/** The message about a price without a plan, or a revoked license still billed. Only a person can fix these. */
export function attentionFor(
  license: LicenseFacts & Pick<License, "id" | "cancel_due_at">,
  unknownPrice: string | null,
  now: UnixSeconds,
): string | null {
  if (unknownPrice !== null) return `unknown price ${unknownPrice}`;
  return isBilled(license) && standingOf(license, now).status === "revoked"
    ? `${license.id} is revoked and still billed`
    : null;
}

/** The facts of a license's subscription in its current state. A one-time purchase has none. */
function subscriptionPart(
  license: Followed,
  observation: Observation,
  graceDays: number,
  now: UnixSeconds,
): { facts: MoneyPatch; unknownPrice: string | null } {
  const { subscription, invoices } = observation;
  if (subscription === null) return { facts: {}, unknownPrice: null };
  const isUnpaid = isBeforeFirstPayment(observation);
  // A buyer who has had a trial before gets nothing without a payment: no grace, and not the moment until the invoice.
  const isDue = isUnpaid && trialRefusalOf(subscription) !== null;
  const { plan, machine_limit, unknown_price, ...facts } = subscriptionFacts(
    subscription,
    isDue ? 0 : graceDays,
    isDue ? subscription.trial_start : oldestOpenInvoice(invoices),
  );
  if (plan === null || machine_limit === null) return { facts, unknownPrice: unknown_price };
  const allowed = isUnpaid ? Math.min(machine_limit, MOST_TRIAL_MACHINES) : machine_limit;
  const paid = { plan, machines: machine_limit, allowed, hasEnded: facts.subscription_state === "ended" };
  return { facts: { ...facts, ...paidGrant(license, paid, now) }, unknownPrice: null };
}

function oldestOpenInvoice(invoices: readonly Stripe.Invoice[]): UnixSeconds | null {
  const open = invoices.filter(({ status }) => status === "open");
  return open.length === 0 ? null : Math.min(...open.map(({ created }) => created));
}

function difference(license: License, wanted: LicensePatch): LicensePatch {
  const entries = Object.entries(wanted).filter(
    ([name, value]) => JSON.stringify(license[name as keyof LicensePatch]) !== JSON.stringify(value),
  );
  return Object.fromEntries(entries);
}

/** The ids of the licenses with this id of Stripe's. Throws D1's errors. */
export async function licensesBehind(db: D1Database, link: StripeLink, id: string): Promise<string[]> {
  const { results } = await db.prepare(`SELECT id FROM licenses WHERE ${link} = ?`).bind(id).all<{ id: string }>();
  return results.map((row) => row.id);
}
