import type Stripe from "stripe";
import type { BilledSubscription } from "../../src/domain/money/invoice.ts";

export const MONTH_1 = Date.UTC(2026, 0, 10) / 1000;
export const MONTH_2 = Date.UTC(2026, 1, 10) / 1000;
export const MONTH_3 = Date.UTC(2026, 2, 10) / 1000;
export const MONTH_4 = Date.UTC(2026, 3, 10) / 1000;

/** A price of 99.00 USD, 90.00 EUR, or 15,000 JPY for every five machines. */
const PRICE = {
  ...{ id: "price_1", currency: "usd", unit_amount: 9_900, transform_quantity: { divide_by: 5, round: "up" } },
  currency_options: { eur: { unit_amount: 9_000 }, jpy: { unit_amount: 15_000 } },
};

/** The fields of a subscription that its invoices depend on. */
export const billed = (
  over: Partial<Pick<Stripe.Subscription, "status" | "ended_at" | "pause_collection" | "metadata">> = {},
): BilledSubscription =>
  ({
    ...{ id: "sub_1", status: "active", ended_at: null, pause_collection: null, metadata: {}, ...over },
    items: { data: [{ price: PRICE }] },
  }) as unknown as Stripe.Subscription;

type LineOf = { amount: number; quantity?: number; proration?: boolean; period: readonly [number, number] };

/** The fields of an invoice that its row depends on. `lines`: of a subscription, unless `subscription` is null. */
export function invoice({
  id,
  created,
  lines,
  subscription = "sub_1",
  discount = 0,
  tax = 0,
  intent = `pi_${id}`,
  ...over
}: Partial<Omit<Stripe.Invoice, "lines" | "payments">> & {
  id: string;
  created: number;
  lines: LineOf[];
  subscription?: string | null;
  discount?: number;
  tax?: number;
  intent?: string | null;
}): Stripe.Invoice {
  const total = lines.reduce((sum, { amount }) => sum + amount, 0) - discount + tax;
  const status = over.status ?? "paid";
  return {
    ...{ id, created, total, currency: "usd", livemode: false, billing_reason: "subscription_cycle" },
    ...{ number: `RBEE-${id}`, hosted_invoice_url: `https://invoice.stripe.com/i/${id}`, ...over, status },
    parent: subscription === null ? null : { subscription_details: { subscription }, type: "subscription_details" },
    status_transitions: { paid_at: status === "paid" ? created + 3600 : null, finalized_at: created + 3600 },
    total_discount_amounts: discount === 0 ? [] : [{ amount: discount, discount: "di_1" }],
    total_taxes: tax === 0 ? [] : [{ amount: tax }],
    payments: {
      data:
        intent === null
          ? []
          : [{ status, is_default: true, payment: { type: "payment_intent", payment_intent: intent } }],
    },
    lines: {
      data: lines.map(({ amount, quantity = 5, proration = false, period: [start, end] }) => ({
        ...{ amount, quantity, period: { start, end }, pricing: { price_details: { price: PRICE.id } } },
        parent:
          subscription === null
            ? { subscription_item_details: null, invoice_item_details: { proration } }
            : { subscription_item_details: { proration }, invoice_item_details: null },
      })),
    },
  } as unknown as Stripe.Invoice;
}

/** A refund or a dispute. */
export const refund = (id: string, amount: number, status: Stripe.Refund["status"] = "succeeded", created = MONTH_2) =>
  ({ id, amount, status, currency: "usd", created }) as Stripe.Refund;
export const dispute = (id: string, amount: number, status: Stripe.Dispute["status"], created = MONTH_2) =>
  ({ id, amount, status, currency: "usd", created }) as Stripe.Dispute;
