import { env } from "cloudflare:workers";
import type Stripe from "stripe";
import { describe, expect, it, vi } from "vitest";
import { ask as askAdmin, codeOf } from "../../support/admin-request.ts";
import { activate, adminAct, count, ownerToken } from "../../support/license-fixture.ts";
import { type Checkout, facts, openShop } from "../../support/shop.ts";

const { bought, control, deliver, deliverAll, eventsOf, shopEnv, status, stripe } = await openShop();

const realFetch = globalThis.fetch;

/** The license's status after every event was delivered. */
async function told(checkout: Checkout): Promise<string | undefined> {
  await deliverAll(checkout.sessionId);
  return (await status(checkout)).license?.status;
}

/** Delivers every event about a dispute: they name no session, customer or subscription. */
async function deliverDisputes(checkout: Checkout): Promise<void> {
  await deliverAll(checkout.sessionId);
  const events: Stripe.Event[] = [];
  for await (const event of stripe.events.list({ type: "charge.dispute.*", limit: 100 })) events.push(event);
  for (const event of events.reverse()) await deliver(event);
}

describe("a one-time purchase", () => {
  it("stays active after a partial refund, is revoked by a full one, and is restored when that fails", async () => {
    const checkout = await bought("premium-lifetime");
    await control("refunds", { session: checkout.sessionId, amount: 100 });
    expect(await told(checkout)).toBe("active");
    const { id } = await control("refunds", { session: checkout.sessionId });
    expect(await told(checkout)).toBe("revoked");
    expect(await codeOf(await activate(checkout.key, "m"))).toBe("LICENSE_REVOKED");
    await control(`refunds/${id}/fail`);
    expect(await told(checkout)).toBe("active");
  });

  it("is suspended by a dispute, restored by its win, revoked by its loss, and untouched by an inquiry", async () => {
    const checkout = await bought("premium-lifetime");
    const inquiry = await control("disputes", { session: checkout.sessionId, inquiry: true });
    expect(await told(checkout)).toBe("active");
    await control(`disputes/${inquiry["id"]}/close`, { status: "warning_closed" });
    const { id } = await control("disputes", { session: checkout.sessionId });
    expect(await told(checkout)).toBe("suspended");
    await control(`disputes/${id}/close`, { status: "won" });
    expect(await told(checkout)).toBe("active");
    const again = await bought("premium-lifetime");
    const lost = await control("disputes", { session: again.sessionId });
    await control(`disputes/${lost["id"]}/close`, { status: "lost" });
    expect(await told(again)).toBe("revoked");
  });

  it("that an admin revoked stays revoked after any payment", async () => {
    const checkout = await bought("premium-lifetime");
    const { id } = await control("disputes", { session: checkout.sessionId });
    await adminAct(checkout.id, "revoke");
    await control(`disputes/${id}/close`, { status: "won" });
    expect(await told(checkout)).toBe("revoked");
    expect(await facts(checkout.id)).toMatchObject({ admin_state: "revoked", dispute_state: "won" });
  });

  it("stays active after its customer is deleted at Stripe", async () => {
    const checkout = await bought("premium-lifetime");
    const { customer } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    await control(`customers/${customer}/delete`);
    expect(await told(checkout)).toBe("active");
  });
});

describe("a subscription", () => {
  it("has as many machines as its blocks cover, and deactivates none when the number falls", async () => {
    const checkout = await bought("premium-monthly", 2);
    const names = ["a", "b", "c", "d", "e"];
    for (const machine of names) expect((await activate(checkout.key, machine)).status).toBe(201);
    expect(await codeOf(await activate(checkout.key, "f"))).toBe("MACHINE_LIMIT_REACHED");
    await control(`subscriptions/${checkout.sessionId}/quantity`, { quantity: 6 });
    await told(checkout);
    expect(await facts(checkout.id)).toMatchObject({ machine_limit: 10 });
    expect((await activate(checkout.key, "f")).status).toBe(201);
    await control(`subscriptions/${checkout.sessionId}/quantity`, { quantity: 1 });
    await told(checkout);
    expect((await activate(checkout.key, "a")).status).toBe(200);
    expect(await codeOf(await activate(checkout.key, "g"))).toBe("MACHINE_LIMIT_REACHED");
    expect(await count("machines", "deactivated_at IS NULL")).toBe(6);
  });

  it("continues after a failed renewal with a warning and a mail, and ends when the retries are used up", async () => {
    const checkout = await bought("premium-monthly");
    await control(`subscriptions/${checkout.sessionId}/fail-renewal`);
    expect(await told(checkout)).toBe("active");
    expect(await facts(checkout.id)).toMatchObject({ subscription_state: "past_due", grace_seconds: 7 * 86_400 });
    const token = await (await activate(checkout.key, "m")).json();
    expect(token).toMatchObject({ warning: "in_grace", license: { warning: "in_grace" } });
    expect(await count("mails", "kind = 'payment_failed'")).toBe(1);
    await control(`subscriptions/${checkout.sessionId}/fix-card`);
    await control("clock/advance", { days: 30 });
    expect(await told(checkout)).toBe("active");
    expect((await status(checkout)).license?.warning).toBeNull();

    await control(`subscriptions/${checkout.sessionId}/fail-renewal`);
    await control("clock/advance", { days: 40 });
    expect(await told(checkout)).toBe("expired");
    expect(await codeOf(await activate(checkout.key, "n"))).toBe("LICENSE_EXPIRED");
  });

  it("that ends with its period stays active until then, and can be resumed", async () => {
    const checkout = await bought("premium-monthly");
    await control(`subscriptions/${checkout.sessionId}/cancel`, { at_period_end: true });
    expect(await told(checkout)).toBe("active");
    expect(await facts(checkout.id)).toMatchObject({ grace_seconds: 0 });
    await control(`subscriptions/${checkout.sessionId}/cancel`, { at_period_end: false });
    await told(checkout);
    expect(await facts(checkout.id)).toMatchObject({ grace_seconds: 7 * 86_400 });
    await control(`subscriptions/${checkout.sessionId}/cancel`);
    expect(await told(checkout)).toBe("expired");
  });

  it("that was canceled is not restored by an earlier event", async () => {
    const checkout = await bought("premium-monthly");
    await control(`subscriptions/${checkout.sessionId}/quantity`, { quantity: 7 });
    const early = await eventsOf(checkout.sessionId);
    await control(`subscriptions/${checkout.sessionId}/cancel`);
    expect(await told(checkout)).toBe("expired");
    await env.DB.prepare("DELETE FROM stripe_events").run();
    for (const event of early) await deliver(event);
    expect((await status(checkout)).license?.status).toBe("expired");
  });

  it("that was canceled is not restored by an earlier answer of Stripe", async () => {
    const checkout = await bought("premium-monthly");
    await control(`subscriptions/${checkout.sessionId}/fail-renewal`);
    await told(checkout);
    await control(`subscriptions/${checkout.sessionId}/fix-card`);
    await control("clock/advance", { days: 30 });
    // Paid again, before the shop gets the event.
    const update = (await eventsOf(checkout.sessionId)).findLast(
      ({ type }) => type === "customer.subscription.updated",
    );
    if (!update) throw new Error("no event");
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let answered = () => {};
    const isAnswered = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const slow = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const request = new Request(input, init);
      const answer = await realFetch(request);
      if (!request.url.includes("/v1/subscriptions/")) return answer;
      const body = await answer.text();
      answered();
      await held;
      return new Response(body, answer);
    });
    // Bindings of its own, so that only this delivery's SDK is slow.
    const late = deliver(update, { ...shopEnv });
    await isAnswered;
    slow.mockRestore();
    await control(`subscriptions/${checkout.sessionId}/cancel`);
    expect(await told(checkout)).toBe("expired");
    release();
    expect((await late).status).toBe(200);
    expect((await status(checkout)).license?.status).toBe("expired");
  });

  it("with an unknown price keeps its grant, and is shown to admins", async () => {
    const checkout = await bought("premium-monthly", 4);
    const { subscription } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    const { items } = await stripe.subscriptions.retrieve(String(subscription));
    const product = await stripe.products.create({ name: "Something else" });
    const price = await stripe.prices.create({
      product: product.id,
      currency: "usd",
      unit_amount: 100,
      recurring: { interval: "month" },
    });
    await stripe.subscriptions.update(String(subscription), {
      items: [{ id: items.data[0]?.id ?? "", price: price.id, quantity: 99 }],
    });
    expect(await told(checkout)).toBe("active");
    expect(await facts(checkout.id)).toMatchObject({ machine_limit: 5, plan: "premium-monthly" });
    const answer = await askAdmin("GET", "/v1/admin/stripe-events?state=attention", { token: await ownerToken() });
    const { events } = await answer.json<{ events: { outcome: string }[] }>();
    expect(events.map(({ outcome }) => outcome)).toContain(`unknown price ${price.id}`);
  });

  it("is suspended by a dispute over any of its charges, and the worst one counts", async () => {
    const checkout = await bought("premium-monthly");
    await control("clock/advance", { days: 15 });
    const first = await control("disputes", { session: checkout.sessionId });
    await deliverDisputes(checkout);
    expect((await status(checkout)).license?.status).toBe("suspended");
    await control(`disputes/${first["id"]}/close`, { status: "lost" });
    await control("clock/advance", { days: 31 });
    const second = await control("disputes", { session: checkout.sessionId });
    await control(`disputes/${second["id"]}/close`, { status: "won" });
    await deliverDisputes(checkout);
    expect((await status(checkout)).license?.status).toBe("revoked");
    expect(await count("licenses", "cancel_due_at IS NOT NULL")).toBe(1);
  });

  it("that an admin revoked without canceling it is shown to admins while it is billed", async () => {
    const checkout = await bought("premium-monthly");
    await adminAct(checkout.id, "revoke");
    await control(`subscriptions/${checkout.sessionId}/quantity`, { quantity: 8 });
    expect(await told(checkout)).toBe("revoked");
    const answer = await askAdmin("GET", "/v1/admin/stripe-events?state=attention", { token: await ownerToken() });
    expect(await answer.text()).toContain(`${checkout.id} is revoked and still billed`);
  });

  it("gets no mail about a payment that was made in the meantime", async () => {
    const checkout = await bought("premium-monthly");
    await control(`subscriptions/${checkout.sessionId}/fail-renewal`);
    await control(`subscriptions/${checkout.sessionId}/fix-card`);
    await control("clock/advance", { days: 30 });
    expect(await told(checkout)).toBe("active");
    expect(await count("mails", "kind = 'payment_failed'")).toBe(0);
  });

  it("keeps an admin's extension after its own end", async () => {
    const checkout = await bought("premium-monthly");
    await adminAct(checkout.id, "extend", { expires_at: "2037-01-01T00:00:00Z" });
    await control(`subscriptions/${checkout.sessionId}/cancel`);
    expect(await told(checkout)).toBe("active");
  });
});
