import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../support/admin-request.ts";
import { count } from "../../support/license-fixture.ts";
import { openShop } from "../../support/shop.ts";
import { STAND_IN_WEBHOOK_SECRET } from "../../support/stand-in.ts";

const { ask, bought, deliver, deliverAll, deserted, eventsOf, pay, press, shopEnv, stripe } = await openShop();

const PAYLOAD = JSON.stringify({
  id: "evt_1",
  object: "event",
  type: "checkout.session.completed",
  livemode: false,
  created: 1_800_000_000,
  data: { object: { id: "cs_test_1", object: "checkout.session" } },
});

const sign = (payload: string, secret = STAND_IN_WEBHOOK_SECRET, timestamp?: number) =>
  stripe.webhooks.generateTestHeaderStringAsync({ payload, secret, ...(timestamp ? { timestamp } : {}) });

const send = (body: string, signature?: string, at: Env = shopEnv) =>
  ask("POST", "/v1/stripe/webhook", {
    body,
    at,
    headers: signature === undefined ? {} : { "Stripe-Signature": signature },
  });

describe("a webhook", () => {
  it.each([
    ["no signature", PAYLOAD, async () => undefined],
    ["an empty signature", PAYLOAD, async () => ""],
    ["a signature that is none", PAYLOAD, async () => "t=1,v1=00"],
    ["somebody else's signature", PAYLOAD, () => sign(PAYLOAD, "whsec_other")],
    ["an old signature", PAYLOAD, () => sign(PAYLOAD, STAND_IN_WEBHOOK_SECRET, Math.floor(Date.now() / 1000) - 301)],
    ["an altered body", PAYLOAD.replace("cs_test_1", "cs_test_2"), () => sign(PAYLOAD)],
    ["a body that is not JSON", "{", () => sign("{")],
  ])("with %s is refused and not stored", async (_, body, signature) => {
    const response = await send(body, await signature());
    expect(response.status).toBe(400);
    expect(await codeOf(response)).toBe("MALFORMED_REQUEST");
    expect(await count("stripe_events")).toBe(0);
  });

  it("of the other mode is refused", async () => {
    const live = PAYLOAD.replace('"livemode":false', '"livemode":true');
    expect((await send(live, await sign(live))).status).toBe(400);
    expect(await count("stripe_events")).toBe(0);
  });

  it("is refused when no secret is configured, even if it is signed", async () => {
    const at = { ...shopEnv, STRIPE_WEBHOOK_SECRET: "", STRIPE_WEBHOOK_SECRET_PREVIOUS: "" };
    expect((await send(PAYLOAD, await sign(PAYLOAD, "whsec_"), at)).status).toBe(503);
    expect((await send(PAYLOAD, undefined, at)).status).toBe(503);
  });

  it("signed with the previous secret is accepted during a rotation", async () => {
    const checkout = await pay("premium-lifetime");
    const [event] = await eventsOf(checkout.sessionId);
    if (!event) throw new Error("no event");
    const at = {
      ...shopEnv,
      STRIPE_WEBHOOK_SECRET: "whsec_next",
      STRIPE_WEBHOOK_SECRET_PREVIOUS: STAND_IN_WEBHOOK_SECRET,
    };
    expect((await deliver(event, at)).status).toBe(200);
    expect((await deliver(event, { ...shopEnv, STRIPE_WEBHOOK_SECRET: "whsec_next" })).status).toBe(400);
  });

  it("of an unused type changes nothing, and is listed", async () => {
    const payload = PAYLOAD.replace("checkout.session.completed", "payout.paid");
    expect((await send(payload, await sign(payload))).status).toBe(200);
    expect(await count("stripe_events", "outcome LIKE 'ignored%' AND handled_at IS NOT NULL")).toBe(1);
  });

  it("about an object that Stripe does not know is answered 200 and ignored", async () => {
    for (const [type, id, object] of [
      ["checkout.session.completed", "cs_test_none", "checkout.session"],
      ["checkout.session.async_payment_failed", "cs_test_none", "checkout.session"],
      ["customer.subscription.updated", "sub_none", "subscription"],
      ["customer.subscription.trial_will_end", "sub_none", "subscription"],
      ["invoice.paid", "in_none", "invoice"],
      ["charge.refunded", "ch_none", "charge"],
      ["refund.updated", "re_none", "refund"],
      ["charge.dispute.closed", "dp_none", "dispute"],
      ["customer.deleted", "cus_none", "customer"],
    ]) {
      const payload = JSON.stringify({
        ...JSON.parse(PAYLOAD),
        id: `evt_${type}`,
        type,
        data: { object: { id, object } },
      });
      expect([type, (await send(payload, await sign(payload))).status]).toEqual([type, 200]);
    }
    expect(await count("stripe_events", "handled_at IS NOT NULL AND attention = 0")).toBe(9);
    expect(await count("stripe_events", "outcome = 'ignored: Stripe has no such object'")).toBe(6);
  });

  it.each([
    ["of a connected account", { account: "acct_1" }, "ignored: an event of a connected account"],
    [
      "of a connected account in the other mode",
      { account: "acct_1", livemode: true },
      "ignored: an event of a connected account",
    ],
    [
      "that is thin",
      {
        object: "v2.core.event",
        type: "v1.billing.meter.error_report_triggered",
        created: "2026-11-28T19:00:00.000Z",
        data: undefined,
        related_object: { id: "mtr_1" },
      },
      "ignored: a thin event",
    ],
    [
      "that is thin, of a connected account",
      { object: "v2.core.event", created: "2026-11-28T19:00:00Z", context: "acct_1", data: undefined },
      "ignored: an event of a connected account",
    ],
    [
      "that is thin, with a context of another form",
      { object: "v2.core.event", created: "2026-11-28T19:00:00Z", context: { type: "account" }, data: undefined },
      "ignored: an event of a connected account",
    ],
    ["without data", { data: undefined }, "ignored: a thin event"],
    [
      "about an object without id",
      { type: "invoice.upcoming", data: { object: { object: "invoice" } } },
      "ignored: not a kind that licenses depend on",
    ],
  ])("%s is answered 200, noted and ignored, without a call to Stripe", async (_, over, outcome) => {
    const payload = JSON.stringify({ ...JSON.parse(PAYLOAD), ...over });
    expect((await send(payload, await sign(payload), deserted)).status).toBe(200);
    const event = await env.DB.prepare(
      "SELECT object_id, outcome, attention, created > 1e9 AS dated FROM stripe_events",
    ).first();
    expect(event).toEqual({ object_id: null, outcome, attention: 0, dated: 1 });
  });

  it.each([
    ["is no event", { some: "json" }],
    ["has a broken time", { ...JSON.parse(PAYLOAD), created: 1.5 }],
    ["has no id", { ...JSON.parse(PAYLOAD), id: undefined }],
  ])("whose signed body %s is refused", async (_, value) => {
    const payload = JSON.stringify(value);
    expect((await send(payload, await sign(payload))).status).toBe(400);
    expect(await count("stripe_events")).toBe(0);
  });

  it("about a sale of another product is ignored, and an admin may retry it", async () => {
    const product = await stripe.products.create({ name: "A mug" });
    const price = await stripe.prices.create({ product: product.id, currency: "eur", unit_amount: 1000 });
    const { id, url } = await stripe.checkout.sessions.create({
      mode: "payment",
      line_items: [{ price: price.id, quantity: 1 }],
      success_url: "https://mugs.test/thanks",
    });
    await press(url ?? "", "pay", "mug@example.com");
    await deliverAll(id);
    expect(await count("stripe_events", "attention = 1 OR handled_at IS NULL")).toBe(0);
    expect(
      await count("stripe_events", `outcome = 'ignored: a sale of another product (unknown price ${price.id})'`),
    ).toBeGreaterThan(0);
  });

  it("about a license whose object Stripe does not know needs a person, and is answered 200", async () => {
    const { id } = await bought("premium-monthly");
    await env.DB.prepare("UPDATE licenses SET stripe_subscription_id = 'sub_none' WHERE id = ?").bind(id).run();
    const object = { id: "sub_none", object: "subscription" };
    const payload = JSON.stringify({ ...JSON.parse(PAYLOAD), type: "customer.subscription.updated", data: { object } });
    expect((await send(payload, await sign(payload))).status).toBe(200);
    expect(await count("stripe_events", "attention = 1 AND outcome LIKE '%No such subscription: ''sub_none''%'")).toBe(
      1,
    );
  });
});
