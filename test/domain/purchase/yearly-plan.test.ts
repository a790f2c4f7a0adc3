import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plans } from "../../../src/domain/licensing/plans.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { DAY } from "../../../src/lib/time.ts";
import { openShop } from "../../support/shop.ts";

const { ask, pay, status, stripe } = await openShop();

/** The plan that is sold by the month. Here its entry in the table of plans says a year, and so does its price. */
const ID = "premium-monthly";

describe("a plan that is paid by the year", () => {
  const { billing } = plans[ID];
  beforeAll(async () => {
    const { data } = await stripe.prices.list({ lookup_keys: [ID] });
    await stripe.prices.create({
      product: String(data[0]?.product),
      currency: "usd",
      unit_amount: 99_000,
      lookup_key: ID,
      transfer_lookup_key: true,
      tax_behavior: "inclusive",
      recurring: { interval: "year" },
      transform_quantity: { divide_by: 5, round: "up" },
      metadata: { rbee_plan: ID },
    });
    Object.assign(plans[ID], { billing: { interval: "year" } });
    forgetIsolate();
  });
  afterAll(() => Object.assign(plans[ID], { billing }));

  it("is on its page and in the API with its interval, and nothing speaks of months", async () => {
    const html = await (await ask("GET", "/plans")).text();
    expect(html).toContain("$990/year");
    expect(html).toContain("Renews every year.");
    expect(html).toContain("Tax is included.");
    expect(html).toContain("yearly or lifetime");
    expect(html).not.toMatch(/\/month|every month|paid month/);
    const listed = await (await ask("GET", "/v1/plans")).json<{ plans: unknown[] }>();
    expect(listed.plans[0]).toMatchObject({
      billing: "yearly",
      price: { amount: 99_000, interval: "year", tax_behavior: "inclusive" },
    });
  });

  it("is sold: the license is paid for a year after its trial, and its price is by the year", async () => {
    const checkout = await pay(ID, { machines: 5 });
    const { license } = await status(checkout);
    expect(license).toMatchObject({ status: "active", machine_limit: 5 });
    const { subscription } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    const ended = await stripe.subscriptions.update(String(subscription), { trial_end: "now" });
    const [item] = ended.items.data;
    expect(item?.price.recurring?.interval).toBe("year");
    const period = (item?.current_period_end ?? 0) - (item?.current_period_start ?? 0);
    expect(period / DAY).toBeGreaterThanOrEqual(365);
    const after = await status(checkout);
    expect(after.license).toMatchObject({
      machine_limit: 5,
      billing: { price: { amount: 99_000, currency: "usd", interval: "year" } },
    });
  });
});
