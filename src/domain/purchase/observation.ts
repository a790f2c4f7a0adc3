import type Stripe from "stripe";
import type { LicenseRow } from "../licensing/license/record.ts";
import type { StripeLink } from "../licensing/license/store.ts";
import { keyRefusal } from "./key-refusal.ts";
import { idOf, isInvalidRequest, isMissing, type StripeClient } from "./stripe.ts";

/** The ids of Stripe's objects that a license names. A license that is about to be made has them, too. */
export type StripeLinks = Pick<LicenseRow, StripeLink>;

/** A charge with all of its refunds, failed ones included, and its disputes. */
export type ObservedCharge = { charge: Stripe.Charge; refunds: Stripe.Refund[]; disputes: Stripe.Dispute[] };

/**
 * All that Stripe knows of a license's money at one moment. The facts, the billing and the payments of the license are
 * pure functions of it.
 */
export type Observation = {
  /** Null for a one-time purchase. Its `price.currency_options` are expanded. */
  subscription: Stripe.Subscription | null;
  /** The checkout of a one-time purchase. Null for a subscription, whose first invoice tells as much. */
  session: Stripe.Checkout.Session | null;
  /** The invoices of the subscription or of the purchase, newest first, with their `payments`. */
  invoices: Stripe.Invoice[];
  /** The charges of those invoices and of the purchase, and those that the license has been told of. */
  charges: ObservedCharge[];
  /** The credit notes of those invoices. */
  creditNotes: Stripe.CreditNote[];
  /** The refusal, if our key may not read credit notes. Then none is known, and nothing may be given back. */
  creditNotesRefusal?: Error | undefined;
  /** The next invoice, as Stripe previews it; null: nothing will be billed. An error: Stripe refuses to tell. */
  next: Stripe.Invoice | null | Error;
};

/** One look at Stripe takes at most this many objects of a kind: the invoices of eighty years. */
const MOST = 1_000;
const PAGE = 100;

/**
 * Fetches everything about the money of a license, each object once. `knownCharges` are the ids of charges that belong
 * to the license, whatever Stripe's lists say. Reads only. Throws Stripe's errors.
 */
export async function observe(
  stripe: StripeClient,
  links: StripeLinks,
  knownCharges: Iterable<string> = [],
): Promise<Observation> {
  const [subscription, { session, invoices }, listed] = await Promise.all([
    readSubscription(stripe, links),
    readInvoices(stripe, links),
    listCharges(stripe, links),
  ]);
  const payments = new Set([links.stripe_payment_intent_id, ...invoices.flatMap(paymentIntentsOf)]);
  const known = new Set(knownCharges);
  const charges = listed.filter(
    ({ id, paid, payment_intent }) => known.has(id) || (paid && payments.has(idOf(payment_intent))),
  );
  for (const { id } of charges) known.delete(id);
  const [others, credits, next] = await Promise.all([
    Promise.all([...known].map((id) => stripe.charges.retrieve(id, { expand: ["refunds"] }))),
    readCreditNotes(stripe, invoices),
    subscription && isBilling(subscription) ? previewNext(stripe, subscription) : null,
  ]);
  return {
    subscription,
    session,
    invoices,
    charges: await Promise.all([...charges, ...others].map((charge) => readReversals(stripe, charge))),
    ...credits,
    next,
  };
}

const readSubscription = async (
  stripe: StripeClient,
  { stripe_subscription_id: id }: StripeLinks,
): Promise<Stripe.Subscription | null> =>
  id === null ? null : stripe.subscriptions.retrieve(id, { expand: ["items.data.price.currency_options"] });

/** The invoices of a subscription; of a one-time purchase its checkout, and the invoice that this has made. */
async function readInvoices(
  stripe: StripeClient,
  { stripe_subscription_id: subscription, checkout_session_id }: StripeLinks,
): Promise<Pick<Observation, "session" | "invoices">> {
  if (subscription !== null) {
    const list = stripe.invoices.list({
      subscription,
      limit: PAGE,
      expand: ["data.payments", "data.amount_paid_off_stripe"],
    });
    return { session: null, invoices: await list.autoPagingToArray({ limit: MOST }) };
  }
  if (checkout_session_id === null) return { session: null, invoices: [] };
  const session = await stripe.checkout.sessions.retrieve(checkout_session_id, {
    expand: ["invoice.payments", "invoice.amount_paid_off_stripe"],
  });
  const { invoice } = session;
  return { session, invoices: typeof invoice === "object" && invoice !== null ? [invoice] : [] };
}

/**
 * Most invoices have no credit note, and say so. A key without this permission must not stop a sale or a license.
 * Therefore its refusal is returned, not thrown.
 */
async function readCreditNotes(
  stripe: StripeClient,
  invoices: readonly Stripe.Invoice[],
): Promise<Pick<Observation, "creditNotes" | "creditNotesRefusal">> {
  const credited = invoices.filter(
    (invoice) => invoice.pre_payment_credit_notes_amount > 0 || invoice.post_payment_credit_notes_amount > 0,
  );
  const lists = credited.map(({ id }) => stripe.creditNotes.list({ invoice: id, limit: PAGE }).then(dataOf));
  try {
    return { creditNotes: (await Promise.all(lists)).flat() };
  } catch (error) {
    if (error instanceof Error && keyRefusal(error)?.permission) return { creditNotes: [], creditNotesRefusal: error };
    throw error;
  }
}

/** Whether Stripe collects the next invoice of a subscription by itself. */
function isBilling({ status, pause_collection: pause, items }: Stripe.Subscription): boolean {
  if (status !== "trialing" && status !== "active" && status !== "past_due") return false;
  const end = items.data[0]?.current_period_end;
  const { resumes_at = null } = pause ?? {};
  return pause === null || (resumes_at !== null && end !== undefined && resumes_at <= end);
}

/**
 * The next invoice with discounts and tax. The amount is for people only, so neither a key without this permission nor
 * an invoice that Stripe cannot calculate, such as one whose tax location is unknown, may stop a sale or a license.
 * Therefore a refusal is returned, not thrown.
 */
async function previewNext(stripe: StripeClient, { id }: Stripe.Subscription): Promise<Stripe.Invoice | null | Error> {
  try {
    return await stripe.invoices.createPreview({ subscription: id });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "invoice_upcoming_none") return null;
    if (error instanceof Error && (keyRefusal(error)?.permission || isInvalidRequest(error))) return error;
    throw error;
  }
}

/** The charges that may be the license's. A deleted customer has none that Stripe lists. */
async function listCharges(stripe: StripeClient, links: StripeLinks): Promise<Stripe.Charge[]> {
  const { stripe_payment_intent_id: payment_intent, stripe_customer_id: customer, stripe_subscription_id } = links;
  const common = { limit: PAGE, expand: ["data.refunds"] };
  if (stripe_subscription_id === null) {
    return payment_intent === null ? [] : (await stripe.charges.list({ ...common, payment_intent })).data;
  }
  if (customer === null) return [];
  return stripe.charges
    .list({ ...common, customer })
    .autoPagingToArray({ limit: MOST })
    .catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
}

/** The ids of the payment intents that an invoice was paid by, or is to be. */
export const paymentIntentsOf = ({ payments }: Pick<Stripe.Invoice, "payments">): string[] =>
  (payments?.data ?? []).flatMap(({ payment }) => idOf(payment.payment_intent) ?? []);

/** Adds the refunds that did not fit into the charge, and its disputes. */
async function readReversals(stripe: StripeClient, charge: Stripe.Charge): Promise<ObservedCharge> {
  const { id, refunds, disputed } = charge;
  const [given, disputes] = await Promise.all([
    refunds && !refunds.has_more ? refunds.data : stripe.refunds.list({ charge: id, limit: PAGE }).then(dataOf),
    disputed ? stripe.disputes.list({ charge: id, limit: PAGE }).then(dataOf) : [],
  ]);
  return { charge, refunds: given, disputes };
}

const dataOf = <T>({ data }: { data: T[] }): T[] => data;
