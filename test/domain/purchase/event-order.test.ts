import { env } from "cloudflare:workers";
import fc from "fast-check";
import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { purchaseScope, syncLicense } from "../../../src/domain/purchase/sync.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { configOf } from "../../../src/platform/config/config.ts";
import { hookedLedger } from "../../support/hooked-ledger.ts";
import { count } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { type Checkout, facts, openShop, reconcile } from "../../support/shop.ts";

const { control, deliver, eventsOf, pay, shopEnv, status, stripe } = await openShop();

/** The last dispute or refund of the account, of which only the purchase at hand has any that can still change. */
const lastOf = async (kind: "disputes" | "refunds"): Promise<string> => {
  const { data } = await stripe[kind].list({ limit: 1 });
  return data[0]?.id ?? "none";
};

const subscription =
  (act: string, body: object = {}) =>
  ({ sessionId }: Checkout) =>
    control(`subscriptions/${sessionId}/${act}`, body);
const invoice =
  (act: string, body: object = {}) =>
  ({ sessionId }: Checkout) =>
    control(`invoices/${sessionId}/${act}`, body);

/** A step in the life of a purchase. A step that the account does not allow at that moment does nothing. */
const HAPPENINGS: ((checkout: Checkout) => Promise<unknown>)[] = [
  subscription("quantity", { quantity: 8 }),
  subscription("cancel", { at_period_end: true }),
  subscription("cancel", { at_period_end: false }),
  subscription("cancel", { prorate: true }),
  subscription("fail-renewal"),
  subscription("fix-card"),
  subscription("pause"),
  subscription("resume"),
  subscription("pause-collection", { behavior: "void" }),
  subscription("pause-collection", { behavior: "mark_uncollectible" }),
  subscription("resume-collection"),
  invoice("void"),
  invoice("uncollectible"),
  invoice("pay-out-of-band"),
  invoice("credit-note", { amount: 500, as: "out_of_band" }),
  invoice("credit-note", { amount: 400, as: "credit" }),
  invoice("credit-note", { amount: 300, as: "refund" }),
  ({ sessionId }) => control("refunds", { session: sessionId, amount: 500 }),
  ({ sessionId }) => control("refunds", { session: sessionId }),
  async () => control(`refunds/${await lastOf("refunds")}/fail`),
  ({ sessionId }) => control("disputes", { session: sessionId }),
  async () => control(`disputes/${await lastOf("disputes")}/close`, { status: "won" }),
  async (checkout) => {
    await control(`disputes/${await lastOf("disputes")}/close`, { status: "lost" });
    // The service would cancel it as well, and so change the history while it is read.
    await subscription("cancel")(checkout);
  },
  () => control("clock/advance", { days: 15 }),
  () => control("clock/advance", { days: 31 }),
];

/** All that the ledger has of a purchase: the facts, the rows of money, and the mails, without ids made at random. */
async function ledgerOf(id: string) {
  const read = async (sql: string) => (await env.DB.prepare(sql).bind(id).all<Record<string, unknown>>()).results;
  const payments = await read("SELECT * FROM payments WHERE license_id = ? ORDER BY id");
  return {
    license: await facts(id),
    charges: await read("SELECT charge_id, refund_state, dispute_state FROM license_charges WHERE license_id = ?1"),
    payments: payments.map(({ license_id: _license, recorded_at: _at, ...row }) => row),
    mails: await read("SELECT kind, data FROM mails WHERE license_id = ? ORDER BY kind, data"),
  };
}

/** Makes the ledger forget a purchase, as if its checkout had just begun. */
async function forget(id: string, sessionId: string): Promise<void> {
  const tables = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '% license_id TEXT%' AND name <> 'orders'",
  ).all<{ name: string }>();
  await env.DB.batch([
    env.DB.prepare("PRAGMA defer_foreign_keys = on"),
    env.DB.prepare("DELETE FROM stripe_event_licenses"),
    env.DB.prepare("DELETE FROM stripe_events"),
    ...tables.results.map(({ name }) => env.DB.prepare(`DELETE FROM ${name} WHERE license_id = ?`).bind(id)),
    env.DB.prepare("UPDATE orders SET state = 'open', license_id = NULL WHERE checkout_session_id = ?").bind(sessionId),
    env.DB.prepare("DELETE FROM licenses WHERE id = ?").bind(id),
  ]);
}

/** What finds lost events in the end: the buyer's return, and the sync of the night. Returns the license. */
async function settled(checkout: Checkout): Promise<string> {
  const { license } = await status(checkout);
  const id = license?.id ?? "";
  const scope = await purchaseScope(shopEnv, configOf(shopEnv));
  await syncLicense(scope, id, { actor: "reconciliation", requestId: null, now: currentTime() });
  return id;
}

describe("events of a long history in any order, repeated and partly lost", () => {
  const histories = fc.record({
    plan: fc.constantFrom("premium-monthly", "premium-lifetime"),
    happenings: fc.array(fc.nat({ max: HAPPENINGS.length - 1 }), { minLength: 1, maxLength: 8 }),
    order: fc.array(fc.nat(), { minLength: 1, maxLength: 15 }),
  });

  it("end in the same license, rows of money and mails as one by one", async () => {
    await fc.assert(
      fc.asyncProperty(histories, async ({ plan, happenings, order }) => {
        const checkout = await pay(plan);
        for (const happening of happenings) await HAPPENINGS[happening]?.(checkout).catch(() => null);
        const events = await eventsOf(checkout.sessionId);
        for (const event of events) expect((await deliver(event)).status).toBe(200);
        const inOrder = await settled(checkout);
        const expected = await ledgerOf(inOrder);
        await forget(inOrder, checkout.sessionId);
        // Some come twice, some never, and all at once.
        const sent = order.flatMap((place): Stripe.Event[] => events.slice(place % events.length).slice(0, 1));
        for (const event of sent.slice(0, 5)) expect((await deliver(event)).status).toBe(200);
        await Promise.all(sent.map((event) => deliver(event)));
        expect(await ledgerOf(await settled(checkout))).toEqual(expected);
        expect(await count("licenses", `checkout_session_id = '${checkout.sessionId}'`)).toBe(1);
        expect(await count("mails", `kind = 'license_key' AND occasion = '${checkout.sessionId}'`)).toBe(1);
      }),
      { numRuns: 8 },
    );
  }, 240_000);

  it("end in the same license and rows of money if they arrive while the history goes on", async () => {
    await fc.assert(
      fc.asyncProperty(histories, async ({ plan, happenings, order }) => {
        const checkout = await pay(plan);
        for (const [step, happening] of happenings.entries()) {
          await HAPPENINGS[happening]?.(checkout).catch(() => null);
          const events = await eventsOf(checkout.sessionId);
          const event = events[(order[step % order.length] ?? 0) % events.length];
          if (event) expect((await deliver(event)).status).toBe(200);
        }
        const live = await settled(checkout);
        const { mails, ...told } = await ledgerOf(live);
        expect(mails.filter(({ kind }) => kind === "license_key")).toHaveLength(1);
        await forget(live, checkout.sessionId);
        const { mails: _others, ...afterwards } = await ledgerOf(await settled(checkout));
        expect(told).toEqual(afterwards);
      }),
      { numRuns: 6 },
    );
  }, 240_000);
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
