import { describe, expect, it } from "vitest";
import { codeOf } from "../../support/admin-request.ts";
import { count } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { openShop } from "../../support/shop.ts";
import { STAND_IN_WEBHOOK_SECRET } from "../../support/stand-in.ts";

const { ask, deliver, eventsOf, pay, shopEnv, stripe } = await openShop();

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

  it("about an object that Stripe does not know stays unhandled, so that Stripe sends it again", async () => {
    const response = await send(PAYLOAD, await sign(PAYLOAD));
    expect(response.status).toBeGreaterThanOrEqual(500);
    expectLogged("request.failed");
    expect(await count("stripe_events", "handled_at IS NULL AND attempts = 1")).toBe(1);
  });
});
