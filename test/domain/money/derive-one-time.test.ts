import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { heldPayment, type MoneySources, paymentsOf } from "../../../src/domain/money/derive.ts";
import { invoice, MONTH_1, refund } from "../../support/stripe-money.ts";
import { session } from "../../support/stripe-objects.ts";

const sources = (over: Partial<MoneySources>): MoneySources => ({
  ...{ subscription: null, session: null, invoices: [], charges: [], creditNotes: [] },
  ...over,
});

describe("paymentsOf: a one-time purchase", () => {
  const sale = {
    ...session({ amount_total: 29_900 }),
    ...{
      invoice: null,
      currency: "eur",
      created: MONTH_1,
      total_details: { amount_tax: 5_000, amount_discount: 3_000 },
    },
  } as Stripe.Checkout.Session;

  it("its invoice is the row, and without one the checkout is", () => {
    const bill = invoice({
      ...{ id: "in_9", created: MONTH_1, subscription: null },
      lines: [{ amount: 27_900, period: [MONTH_1, MONTH_1] }],
    });
    expect(paymentsOf(sources({ session: { ...sale, invoice: "in_9" }, invoices: [bill] }))).toMatchObject([
      { id: "in_9", kind: "purchase", total: 27_900, period_start: null, recurring: 0, subscription_id: null },
    ]);
    expect(paymentsOf(sources({ session: sale }))).toMatchObject([
      {
        id: "cs_test_1",
        kind: "purchase",
        state: "paid",
        subtotal: 27_900,
        discount: 3_000,
        tax: 5_000,
        total: 29_900,
      },
    ]);
  });

  it("an invoice that does not name its payment gets it from the checkout, so a refund finds it", () => {
    const bill = invoice({
      ...{ id: "in_9", created: MONTH_1, subscription: null, intent: null, amount_paid_off_stripe: 27_900 },
      lines: [{ amount: 27_900, period: [MONTH_1, MONTH_1] }],
    });
    const charge = { id: "ch_1", payment_intent: "pi_9", livemode: false } as Stripe.Charge;
    const rows = paymentsOf(
      sources({
        session: { ...sale, invoice: "in_9", payment_intent: "pi_9" },
        invoices: [bill],
        charges: [{ charge, refunds: [refund("re_1", 900)], disputes: [] }],
      }),
    );
    expect(rows).toMatchObject([
      { id: "in_9", state: "paid", payment_intent_id: "pi_9" },
      { id: "re_1", reverses: "in_9", counted: -900 },
    ]);
  });

  it("a checkout that is not paid has no row; one without a license is held, and counts", () => {
    expect(paymentsOf(sources({ session: { ...sale, payment_status: "unpaid" } }))).toEqual([]);
    expect(heldPayment(sale)).toMatchObject({ id: "cs_test_1", state: "held", counted: 29_900, counted_tax: 5_000 });
  });
});
