import { describe, expect, it } from "vitest";
import { decideFulfilment } from "../../../../src/domain/purchase/checkout/decision.ts";
import { session } from "../../../support/stripe-objects.ts";

const decide = (over: Parameters<typeof session>[0]) => decideFulfilment(session(over), false);

describe("a checkout session", () => {
  it("that is paid buys the plan of its price, for the buyer's mail address", () => {
    expect(decide({})).toEqual({
      outcome: "issue",
      plan: "premium-lifetime",
      machines: 25,
      email: "ada@example.com",
      customerId: "cus_1",
      subscriptionId: null,
      paymentIntentId: "pi_1",
    });
  });

  it.each<[string, Parameters<typeof session>[0], string]>([
    ["open", { status: "open", payment_status: "unpaid" }, "pending"],
    ["complete, its payment under way", { payment_status: "unpaid" }, "pending"],
    ["expired", { status: "expired", payment_status: "unpaid" }, "failed"],
    ["a trial", { mode: "subscription", payment_status: "no_payment_required", amount_subtotal: 0 }, "issue"],
    ["a trial that Stripe calls paid", { mode: "subscription", amount_subtotal: 0, amount_total: 0 }, "issue"],
    ["paid in full by a coupon", { payment_status: "no_payment_required" }, "issue"],
    ["for 26 machines, which are two packs", { quantity: 26, amount_subtotal: 55_800 }, "issue"],
    ["for 26 machines at the price of one pack", { quantity: 26 }, "foreign"],
    [
      "at a price that was replaced meanwhile",
      { lookup_key: null, metadata: { rbee_plan: "premium-lifetime" } },
      "issue",
    ],
    ["for another amount", { amount_subtotal: 1 }, "foreign"],
    ["for nothing, paid", { amount_subtotal: 0 }, "foreign"],
    ["for a price that is not ours", { lookup_key: "other" }, "foreign"],
    ["for a plan that is not on sale", { lookup_key: "premium-trial" }, "foreign"],
    ["of two items", { items: 2 }, "foreign"],
    ["of no item", { items: 0 }, "foreign"],
    ["of the other mode", { livemode: true }, "foreign"],
    ["without a mail address", { customer_details: null }, "foreign"],
  ])("%s: %#", (_, over, outcome) => {
    expect(decide(over).outcome).toBe(outcome);
  });
});
