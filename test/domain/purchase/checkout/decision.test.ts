import { describe, expect, it } from "vitest";
import { decideFulfilment, type HoldReason } from "../../../../src/domain/purchase/checkout/decision.ts";
import { session } from "../../../support/stripe-objects.ts";

type Over = Parameters<typeof session>[0];
const decide = (over: Over, beganHere = true) => decideFulfilment(session(over), false, { beganHere });

describe("a checkout session", () => {
  it("that is paid buys the plan of its price, for the buyer's mail address", () => {
    expect(decide({})).toEqual({
      outcome: "issue",
      plan: "premium-lifetime",
      machines: 25,
      email: "ada@example.com",
      payment: { email: "ada@example.com", amount_total: 27_900, currency: "eur" },
      links: {
        checkout_session_id: "cs_test_1",
        stripe_customer_id: "cus_1",
        stripe_subscription_id: null,
        stripe_payment_intent_id: "pi_1",
      },
    });
  });

  it.each<[string, Over, string]>([
    ["open", { status: "open", payment_status: "unpaid" }, "pending"],
    ["complete, its payment under way", { payment_status: "unpaid" }, "pending"],
    ["expired", { status: "expired", payment_status: "unpaid" }, "failed"],
    ["a trial", { mode: "subscription", payment_status: "no_payment_required", amount_subtotal: 0 }, "issue"],
    ["a trial that Stripe calls paid", { mode: "subscription", amount_subtotal: 0, amount_total: 0 }, "issue"],
    ["paid in full by a coupon", { payment_status: "no_payment_required" }, "issue"],
    ["for 26 machines, which are two packs", { quantity: 26, amount_subtotal: 55_800 }, "issue"],
    [
      "at a price that was replaced meanwhile",
      { lookup_key: null, metadata: { rbee_plan: "premium-lifetime" } },
      "issue",
    ],
    ["of the other mode", { livemode: true }, "foreign"],
  ])("%s: %#", (_, over, outcome) => {
    expect(decide(over).outcome).toBe(outcome);
  });

  it.each<[string, Over, HoldReason]>([
    ["for 26 machines at the price of one pack", { quantity: 26 }, "unexpected_amount"],
    ["for another amount", { amount_subtotal: 1 }, "unexpected_amount"],
    ["for nothing, paid", { amount_subtotal: 0 }, "unexpected_amount"],
    ["of a price without a fixed amount", { price: { unit_amount: null } }, "unknown_currency"],
    ["for a price that is not ours", { lookup_key: "other" }, "unknown_price"],
    ["for a plan that is not on sale", { lookup_key: "premium-trial" }, "unknown_price"],
    ["of two items", { items: 2 }, "unknown_price"],
    ["of no item", { items: 0 }, "unknown_price"],
    ["without a mail address", { customer_details: null }, "no_address"],
    ["in a currency that its price does not have", { currency: "chf" }, "unknown_currency"],
  ])("that is paid and began here is held, %s", (_, over, reason) => {
    expect(decide(over)).toMatchObject({ outcome: "held", reason });
  });

  it("that did not begin here is held if it sells a plan, and foreign if it sells something else", () => {
    expect(decide({ amount_subtotal: 1 }, false)).toMatchObject({
      outcome: "held",
      sale: { plan: "premium-lifetime", machines: 25 },
    });
    expect(decide({ lookup_key: "other" }, false).outcome).toBe("foreign");
  });

  it("is compared in its own currency, which may be an option of the price", () => {
    const price = { currency_options: { jpy: { unit_amount: 45_000 }, usd: { unit_amount: 30_900 } } } as never;
    expect(decide({ price, currency: "usd", amount_subtotal: 30_900 }).outcome).toBe("issue");
    expect(decide({ price, currency: "usd", quantity: 26, amount_subtotal: 61_800 }).outcome).toBe("issue");
    expect(decide({ price, currency: "jpy", amount_subtotal: 45_000 }).outcome).toBe("issue");
    expect(decide({ price, currency: "usd" })).toMatchObject({ outcome: "held", reason: "unexpected_amount" });
  });

  it("that pays for part of a block gets the whole block", () => {
    expect(decide({ quantity: 3 })).toMatchObject({ outcome: "issue", machines: 25 });
    expect(decide({ quantity: 26, amount_subtotal: 55_800 })).toMatchObject({ machines: 50 });
  });
});
