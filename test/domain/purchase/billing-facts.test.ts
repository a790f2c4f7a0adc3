import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { NO_BILLING } from "../../../src/domain/licensing/license/record.ts";
import { billingFacts } from "../../../src/domain/purchase/billing-facts.ts";
import type { Observation } from "../../../src/domain/purchase/observation.ts";
import { session, subscription } from "../../support/stripe-objects.ts";

type Over = Parameters<typeof subscription>[0];

const NOTHING = { invoices: [], charges: [], creditNotes: [], next: null };

const billingOf = (over: Over, more: object = {}) =>
  billingFacts({
    subscription: { ...subscription(over), ...more } as Stripe.Subscription,
    session: null,
    ...NOTHING,
  });

describe("the billing of a subscription", () => {
  it.each<[string, Over, object, object]>([
    ["in its trial", { status: "trialing" }, { trial_end: 2000 }, { stripe_status: "trialing", trial_ends_at: 2000 }],
    ["after its trial", { status: "active" }, { trial_end: 900 }, { stripe_status: "active", trial_ends_at: null }],
    ["to end with its period", { cancel_at_period_end: true }, {}, { cancels_at: 2000 }],
    ["to end on a day", { cancel_at: 1500 }, {}, { cancels_at: 1500 }],
    ["ended", { status: "canceled", cancel_at: 1500 }, {}, { stripe_status: "canceled", cancels_at: null }],
    [
      "with its collection paused",
      { status: "active" },
      { pause_collection: { behavior: "void", resumes_at: null } },
      { stripe_status: "paused", collection_paused: true },
    ],
    ["paused", { status: "paused" }, {}, { stripe_status: "paused", collection_paused: false }],
    ["for 5 machines", {}, {}, { price_amount: 9900, price_currency: "usd", price_interval: "month" }],
    ["for 6 machines, which are two blocks", { quantity: 6 }, {}, { price_amount: 19_800 }],
    ["in another currency of its price", {}, { currency: "eur" }, { price_amount: 9000, price_currency: "eur" }],
    [
      "in a currency that its price does not have",
      {},
      { currency: "jpy" },
      { price_amount: null, price_currency: null },
    ],
  ])("%s", (_, over, more, expected) => {
    expect(billingOf(over, more)).toMatchObject(expected);
  });

  it("has the amount of the preview as its next charge, at the end of the period", () => {
    const next = { amount_due: 11_979 } as Stripe.Invoice;
    const preview = (over: Partial<Observation>) =>
      billingFacts({ subscription: subscription({}), session: null, ...NOTHING, next, ...over });
    expect(preview({})).toMatchObject({ next_charge_at: 2000, next_charge_amount: 11_979 });
    const free = { ...next, amount_due: 0 };
    expect(preview({ next: free })).toMatchObject({ next_charge_at: null, next_charge_amount: null });
  });

  it("that is past due is charged at the next attempt, for all that is open", () => {
    const open = { status: "open", next_payment_attempt: 1500, amount_remaining: 9900 } as Stripe.Invoice;
    const late = subscription({ status: "past_due" });
    expect(billingFacts({ subscription: late, session: null, ...NOTHING, invoices: [open] })).toMatchObject({
      next_charge_at: 1500,
      next_charge_amount: 9900,
    });
  });

  it("keeps its known next charge if our key may not preview", () => {
    const unknown = { subscription: subscription({}), session: null, ...NOTHING, next: new Error("no permission") };
    expect(billingFacts(unknown)).not.toHaveProperty("next_charge_at");
    expect(billingFacts(unknown)).not.toHaveProperty("next_charge_amount");
  });

  it("for an interval that nothing is sold by has no price", () => {
    const weekly = subscription({});
    for (const item of weekly.items.data) item.price.recurring = { interval: "week", interval_count: 1 } as never;
    expect(billingFacts({ subscription: weekly, session: null, ...NOTHING })).toMatchObject({
      price_amount: null,
      price_interval: null,
    });
  });
});

describe("the billing of a one-time purchase", () => {
  it("is its price, before tax and discounts", () => {
    const paid = session({});
    paid.amount_subtotal = 27_900;
    paid.amount_total = 25_000;
    paid.currency = "eur";
    expect(billingFacts({ subscription: null, session: paid, ...NOTHING })).toEqual({
      ...NO_BILLING,
      price_amount: 27_900,
      price_currency: "eur",
    });
  });

  it("is nothing for a license that was not bought here", () => {
    expect(billingFacts({ subscription: null, session: null, ...NOTHING })).toEqual(NO_BILLING);
  });
});
