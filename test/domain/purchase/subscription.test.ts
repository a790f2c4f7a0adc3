import { describe, expect, it } from "vitest";
import { subscriptionFacts } from "../../../src/domain/purchase/subscription.ts";
import { DAY } from "../../../src/lib/time.ts";
import { subscription } from "../../support/stripe-objects.ts";

const factsOf = (over: Parameters<typeof subscription>[0]) => subscriptionFacts(subscription(over), 7, null);

describe("a subscription", () => {
  it.each([
    ["active", { status: "active" }, "active", 2000, 7 * DAY],
    ["in its trial", { status: "trialing" }, "active", 2000, 7 * DAY],
    ["active, to end with its period", { status: "active", cancel_at_period_end: true }, "active", 2000, 0],
    ["active, to end on a day", { status: "active", cancel_at: 1500 }, "active", 1500, 0],
    ["past due: paid until the period that was not", { status: "past_due" }, "past_due", 1000, 7 * DAY],
    ["unpaid", { status: "unpaid" }, "suspended", 2000, 0],
    ["paused", { status: "paused" }, "suspended", 2000, 0],
    ["incomplete", { status: "incomplete" }, "suspended", 2000, 0],
    ["canceled", { status: "canceled", ended_at: 1700 }, "ended", 1700, 0],
    ["never begun", { status: "incomplete_expired" }, "ended", 2000, 0],
    ["of a status that Stripe has yet to invent", { status: "hibernating" }, "suspended", 2000, 0],
  ] as const)("%s", (_, over, subscription_state, expires_at, grace_seconds) => {
    expect(factsOf(over as Parameters<typeof subscription>[0])).toMatchObject({
      subscription_state,
      expires_at,
      grace_seconds,
    });
  });

  it("that is past due is in its grace since its oldest open invoice", () => {
    const late = subscriptionFacts(subscription({ status: "past_due" }), 7, 1600);
    expect(late).toMatchObject({ subscription_state: "past_due", expires_at: 1600, grace_seconds: 7 * DAY });
  });

  it("that ends on a day far away is renewed until then", () => {
    expect(factsOf({ cancel_at: 9_000_000 })).toMatchObject({ expires_at: 2000, grace_seconds: 7 * DAY });
  });

  it("has the plan of its price and the machines of its quantity, rounded up to whole blocks", () => {
    expect(factsOf({ quantity: 12 })).toMatchObject({
      plan: "premium-monthly",
      machine_limit: 15,
      unknown_price: null,
    });
  });

  it("recognizes a price that a newer one has replaced", () => {
    const replaced = { lookup_key: null, metadata: { rbee_plan: "premium-monthly" } };
    expect(factsOf(replaced)).toMatchObject({ plan: "premium-monthly", machine_limit: 5, unknown_price: null });
  });

  it.each([null, "somebody-elses", "premium-trial", "__proto__"])(
    "with the price %j changes nothing of what was sold",
    (lookup_key) => {
      expect(factsOf({ lookup_key })).toMatchObject({
        plan: null,
        machine_limit: null,
        unknown_price: "price_1",
        subscription_state: "active",
      });
    },
  );
});
