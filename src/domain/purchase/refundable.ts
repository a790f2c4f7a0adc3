import type Stripe from "stripe";
import { formatAmount } from "../../lib/money.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Refusal } from "../../platform/http/problem.ts";
import { creditedBeside, disputeState } from "./charges.ts";
import type { Observation, ObservedCharge } from "./observation.ts";
import { idOf } from "./stripe.ts";

/** The rest of a charge that can be refunded. `refunds`: how many refunds it has had. */
type RefundablePart = { chargeId: string; amount: number; refunds: number };

/** The rest of the last payment for a license. `outside`: the part that was paid outside Stripe. */
export type Refundable = { amount: number; outside: number; currency: string; parts: RefundablePart[] };

/** Why Stripe gives nothing back: the bank decides about the payment, or it was made outside Stripe. */
export type RefundRefusal =
  | { why: "disputed" | "returned"; amount: number; currency: string }
  | { why: "paid_outside"; amount: number; currency: string; invoice: string | null };

/** A refusal in words. The license and its subscription are as they were. */
export function explainRefundRefusal(refusal: RefundRefusal): Refusal {
  const money = formatAmount(refusal.amount, refusal.currency);
  const instead = "Nothing was changed. To end the license, revoke it and cancel its subscription.";
  switch (refusal.why) {
    case "disputed":
      return {
        code: "CONFLICT",
        detail: `The last payment of ${money} is disputed at the customer's bank, and Stripe refunds no disputed payment. Accept the dispute in Stripe's dashboard to give the money back. ${instead}`,
      };
    case "returned":
      return {
        code: "CONFLICT",
        detail: `The customer's bank has already returned the last payment of ${money}, because a dispute over it was lost. ${instead}`,
      };
    case "paid_outside": {
      const invoice = refusal.invoice === null ? "" : ` (invoice ${refusal.invoice})`;
      return {
        code: "CONFLICT",
        detail: `The last payment of ${money}${invoice} was made outside Stripe, so Stripe cannot give it back. Return it the way it came. ${instead}`,
      };
    }
  }
}

/**
 * Decides what a refund gives back: all that is left of the last paid invoice, by the charges that paid it. Null if
 * nothing was ever paid. Parts of it that were credited in another way are not given back again.
 */
export function decideRefund(observation: Observation): Result<Refundable | null, RefundRefusal> {
  const { invoices, charges, session } = observation;
  const invoice = lastPaid(invoices);
  const byInvoice = invoice ? chargesOfInvoice(charges, invoice) : [];
  // The invoice that a checkout makes after a one-time payment need not name that payment.
  const paying = byInvoice.length === 0 && session ? chargesOfSession(charges, session) : byInvoice;
  const [first] = paying;
  const currency = invoice?.currency ?? first?.charge.currency;
  if (currency === undefined) return ok(null);
  const outside = invoice && paying === byInvoice ? paidOutside(invoice) : 0;
  if (first === undefined) {
    if (outside === 0) return ok(null);
    return err({ why: "paid_outside", amount: outside, currency, invoice: invoice?.number ?? null });
  }
  for (const { charge, disputes } of paying) {
    const dispute = disputeState(disputes);
    const { amount_captured: amount } = charge;
    if (dispute === "open") return err({ why: "disputed", amount, currency });
    if (dispute === "lost") return err({ why: "returned", amount, currency });
  }
  let credited = invoice ? creditedBeside(observation.creditNotes, invoice.id) : 0;
  const parts: RefundablePart[] = [];
  for (const { charge, refunds } of paying) {
    const left = charge.amount_captured - charge.amount_refunded;
    const amount = Math.max(left - credited, 0);
    credited = Math.max(credited - left, 0);
    if (amount > 0) parts.push({ chargeId: charge.id, amount, refunds: refunds.length });
  }
  return ok({ amount: parts.reduce((sum, { amount }) => sum + amount, 0), outside, currency, parts });
}

/** The invoice that was paid last, and not by a balance alone; undefined: none, as in a trial. */
const lastPaid = (invoices: readonly Stripe.Invoice[]): Stripe.Invoice | undefined =>
  invoices
    .filter(({ status, amount_paid }) => status === "paid" && amount_paid > 0)
    .sort((a, b) => paidAt(b) - paidAt(a))[0];

const paidAt = ({ status_transitions, created }: Stripe.Invoice): number => status_transitions.paid_at ?? created;

const paymentsOf = ({ payments }: Stripe.Invoice): Stripe.InvoicePayment[] =>
  (payments?.data ?? []).filter(({ status }) => status === "paid");

const chargesOfInvoice = (charges: readonly ObservedCharge[], invoice: Stripe.Invoice): ObservedCharge[] => {
  const ids = paymentsOf(invoice).flatMap(({ payment }) => [idOf(payment.payment_intent), idOf(payment.charge)]);
  return charges.filter(
    ({ charge }) => ids.includes(idOf(charge.payment_intent) ?? charge.id) || ids.includes(charge.id),
  );
};

const chargesOfSession = (charges: readonly ObservedCharge[], session: Stripe.Checkout.Session): ObservedCharge[] =>
  charges.filter(({ charge }) => idOf(charge.payment_intent) === idOf(session.payment_intent));

const paidOutside = (invoice: Stripe.Invoice): number =>
  paymentsOf(invoice)
    .filter(({ payment }) => payment.type === "payment_record")
    .reduce((sum, { amount_paid }) => sum + (amount_paid ?? 0), 0);
