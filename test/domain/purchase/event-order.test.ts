import { env } from "cloudflare:workers";
import fc from "fast-check";
import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { hookedLedger } from "../../support/hooked-ledger.ts";
import { count } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { type Checkout, facts, openShop, reconcile } from "../../support/shop.ts";

const { control, deliver, eventsOf, pay, shopEnv, status } = await openShop();

/** A step in the life of a purchase. A step that the account does not allow at that moment does nothing. */
const HAPPENINGS: ((checkout: Checkout) => Promise<unknown>)[] = [
  ({ sessionId }) => control(`subscriptions/${sessionId}/quantity`, { quantity: 8 }),
  ({ sessionId }) => control(`subscriptions/${sessionId}/cancel`, { at_period_end: true }),
  ({ sessionId }) => control(`subscriptions/${sessionId}/cancel`, { at_period_end: false }),
  ({ sessionId }) => control(`subscriptions/${sessionId}/cancel`),
  ({ sessionId }) => control(`subscriptions/${sessionId}/fail-renewal`),
  ({ sessionId }) => control(`subscriptions/${sessionId}/pause`),
  ({ sessionId }) => control("refunds", { session: sessionId, amount: 500 }),
  ({ sessionId }) => control("refunds", { session: sessionId }),
  ({ sessionId }) => control("disputes", { session: sessionId }),
];

describe("events in any order, repeated and partly lost", () => {
  const runs = fc.record({
    plan: fc.constantFrom("premium-monthly", "premium-lifetime"),
    happenings: fc.array(fc.nat({ max: HAPPENINGS.length - 1 }), { maxLength: 4 }),
    order: fc.array(fc.nat(), { minLength: 1, maxLength: 25 }),
  });

  it("end in the same license as one by one", async () => {
    await fc.assert(
      fc.asyncProperty(runs, async ({ plan, happenings, order }) => {
        const checkout = await pay(plan);
        for (const happening of happenings) await HAPPENINGS[happening]?.(checkout).catch(() => null);
        const events = await eventsOf(checkout.sessionId);
        for (const place of order) {
          const event: Stripe.Event | undefined = events[place % events.length];
          if (event) expect((await deliver(event)).status).toBe(200);
        }
        await Promise.all(events.map((event) => deliver(event)));
        const { license } = await status(checkout);
        const disordered = await facts(license?.id ?? "");
        await env.DB.prepare("DELETE FROM stripe_events").run();
        for (const event of events) await deliver(event);
        expect(await facts(license?.id ?? "")).toEqual(disordered);
        expect(await count("licenses", `checkout_session_id = '${checkout.sessionId}'`)).toBe(1);
        expect(await count("mails", `kind = 'license_key' AND occasion = '${checkout.sessionId}'`)).toBe(1);
      }),
      { numRuns: 12 },
    );
  }, 120_000);
});

describe("an event during an outage", () => {
  it("is found later in Stripe's own list", async () => {
    const checkout = await pay("premium-lifetime");
    const at = Math.floor(Date.now() / 600_000) * 600;
    await reconcile(shopEnv, at);
    expect(await count("licenses", `checkout_session_id = '${checkout.sessionId}'`)).toBe(1);
    expect(await count("audit", "action = 'license.buy' AND actor = 'reconciliation'")).toBeGreaterThan(0);
    await control("refunds", { session: checkout.sessionId });
    await reconcile(shopEnv, at + 600);
    expect((await status(checkout)).license?.status).toBe("revoked");
  });

  it("is retried after the ledger failed half-way, and ends in one license", async () => {
    const checkout = await pay("premium-lifetime");
    const [event] = (await eventsOf(checkout.sessionId)).filter(({ type }) => type === "checkout.session.completed");
    if (!event) throw new Error("no event");
    const DB = hookedLedger(async (run, statements) => {
      if (statements.length > 3) throw new Error("D1_ERROR: Network connection lost.");
      return run();
    });
    const failed = await deliver(event, { ...shopEnv, DB });
    expect(failed.status).toBe(503);
    expectLogged("request.failed");
    expect(await count("licenses")).toBe(0);
    expect(await count("stripe_events", "handled_at IS NULL AND last_error IS NOT NULL")).toBe(1);
    expect((await deliver(event)).status).toBe(200);
    expect(await count("licenses")).toBe(1);
    expect(await count("mails")).toBe(1);
  });
});
