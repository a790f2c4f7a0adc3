import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { EVENT_TYPES } from "../../../src/domain/purchase/events/types.ts";
import { ask as askAdmin } from "../../support/admin-request.ts";
import { count, ownerToken } from "../../support/license-fixture.ts";
import { openShop } from "../../support/shop.ts";
import { STAND_IN_WEBHOOK_SECRET } from "../../support/stand-in.ts";

const { ask, begin, stripe } = await openShop();

/** Sends a signed event twice, as Stripe does when it is in doubt. Returns both statuses. */
async function sendTwice(event: object): Promise<number[]> {
  const payload = JSON.stringify(event);
  const signature = await stripe.webhooks.generateTestHeaderStringAsync({ payload, secret: STAND_IN_WEBHOOK_SECRET });
  const send = async () =>
    (await ask("POST", "/v1/stripe/webhook", { body: payload, headers: { "Stripe-Signature": signature } })).status;
  return [await send(), await send()];
}

let made = 0;
const eventOf = (type: string, object: unknown, over: object = {}) => ({
  id: `evt_odd_${made++}`,
  object: "event",
  type,
  livemode: false,
  created: 1_795_000_000,
  data: { object },
  ...over,
});

const TYPES = [...EVENT_TYPES, "payout.paid", "checkout.session.a_type_of_tomorrow", "constructor", ""];

/** Ids that no object has, or that are no ids. */
const NOBODYS = [
  ...["cs_test_none", "sub_none", "in_none", "cus_none", "", " ", "..", ".", "a/b", "%2e%2e", "a?b=c", "a'b", "in_1\n"],
  ...["\u0000", "\ud800", "\u00e9", "x".repeat(3000), 7, null, true, {}, [], undefined],
];

/** A session at Stripe that sells something else, and one that began here and is not paid. */
async function realSessions(): Promise<string[]> {
  const mug = await stripe.products.create({ name: "A mug" });
  const price = await stripe.prices.create({ product: mug.id, currency: "eur", unit_amount: 1000 });
  const { id } = await stripe.checkout.sessions.create({
    mode: "payment",
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: "https://mugs.test/thanks",
  });
  return [id, (await begin("premium-lifetime")).sessionId];
}

describe("a signed event", () => {
  it.each(TYPES.map((type) => [type]))(
    "%j about any object is an outcome, recorded once, that needs nobody",
    async (type) => {
      const ids = [...NOBODYS, ...(await realSessions())];
      // A few ids for each type, so that all types together meet all ids several times.
      const turn = TYPES.indexOf(type);
      const some = [...ids.slice(0, 4), ...ids.slice(-2), ...ids.filter((_, i) => i % 5 === turn % 5)];
      for (const id of some) {
        expect([id, await sendTwice(eventOf(type, { id, object: "any" }))]).toEqual([id, [200, 200]]);
      }
      expect(await count("stripe_events")).toBe(some.length);
      expect(await count("stripe_events", "handled_at IS NULL OR attention = 1 OR attempts <> 1")).toBe(0);
      expect(await count("licenses")).toBe(0);
    },
  );

  it.each<[string, object]>([
    ["an empty `data`", { data: {} }],
    [
      "a `data` of a thin event",
      { object: "v2.core.event", data: { reason: "x" }, created: "2026-11-28T19:00:00.000Z" },
    ],
    ["a `data` that is a list", { data: [] }],
    ["a `data` that is a text", { data: "x" }],
    ["no object in `data`", { data: { object: null } }],
    ["a list in `data`", { data: { object: [] } }],
    ["a text in `data`", { data: { object: "x" } }],
    ["a connected account", { account: "acct_1", livemode: true }],
    ["a type of ten thousand letters", { type: "x".repeat(10_000) }],
    ["members of tomorrow", { pending_webhooks: "x", request: 1, more: { of: "it" } }],
    ["the first second", { created: 0 }],
  ])("with %s is ignored", async (_, over) => {
    expect(await sendTwice(eventOf("checkout.session.completed", { id: "cs_test_none" }, over))).toEqual([200, 200]);
    expect(await count("stripe_events", "outcome LIKE 'ignored: %' AND handled_at IS NOT NULL AND attention = 0")).toBe(
      1,
    );
  });

  it.each([-1, 253_402_300_800, 9e15, 1.5, "soon", null])("of the time %j is refused", async (created) => {
    expect(await sendTwice(eventOf("invoice.paid", { id: "in_none" }, { created }))).toEqual([400, 400]);
    expect(await count("stripe_events")).toBe(0);
  });

  it("of any kind leaves the lists of events readable", async () => {
    await sendTwice(eventOf("\u202e", { id: "\ud800" }, { id: "\u0000" }));
    await env.DB.prepare("UPDATE stripe_events SET attention = 1").run();
    const token = await ownerToken();
    for (const state of ["unhandled", "attention"]) {
      expect((await askAdmin("GET", `/v1/admin/stripe-events?state=${state}`, { token })).status).toBe(200);
    }
  });
});
