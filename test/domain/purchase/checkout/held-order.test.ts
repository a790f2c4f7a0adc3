import { env } from "cloudflare:workers";
import type Stripe from "stripe";
import { afterEach, describe, expect, it } from "vitest";
import { codeOf, makeToken } from "../../../support/admin-request.ts";
import { count, issueLicense, ownerToken } from "../../../support/license-fixture.ts";
import { expectLogged } from "../../../support/logged.ts";
import { type Checkout, openShop } from "../../../support/shop.ts";

const { ask, begin, comeBack, deliver, deliverAll, deserted, eventsOf, look, press, status, stripe } = await openShop();

/** The price of the lifetime plan, as a deployment has it before anybody breaks it. */
const [price] = (await stripe.prices.list({ lookup_keys: ["premium-lifetime"] })).data;
const isKnown = (known: boolean) =>
  stripe.prices.update(price?.id ?? "", {
    lookup_key: known ? "premium-lifetime" : "lost",
    transfer_lookup_key: true,
    metadata: { rbee_plan: known ? "premium-lifetime" : "" },
  });

afterEach(() => isKnown(true));

/** Pays a checkout whose price loses its plan between the beginning and the payment, and delivers its events. */
async function paidInVain(email = `${crypto.randomUUID()}@example.com`): Promise<Checkout & { order: string }> {
  const checkout = await begin("premium-lifetime");
  await isKnown(false);
  await press(checkout.url, "pay", email);
  await deliverAll(checkout.sessionId);
  expectLogged("order.held");
  const order = await env.DB.prepare("SELECT id FROM orders WHERE checkout_session_id = ?")
    .bind(checkout.sessionId)
    .first<string>("id");
  return { ...checkout, order: order ?? "" };
}

async function resolve(id: string, body: object, token?: string): Promise<Response> {
  const headers = { Authorization: `Bearer ${token ?? (await ownerToken())}` };
  return ask("POST", `/v1/admin/orders/${id}/resolve`, { headers, body: { reason: "ticket 4711", ...body } });
}

const mailsTo = async (email: string) =>
  (
    await env.DB.prepare("SELECT kind FROM mails WHERE recipient = ? ORDER BY created_at, kind").bind(email).all()
  ).results.map(({ kind }) => kind);

describe("a paid order that no license can be made of", () => {
  it("is held with its buyer's address, and told to the buyer once by page, API and mail", async () => {
    const checkout = await paidInVain("held@example.com");
    await deliverAll(checkout.sessionId);
    expect(await look(checkout)).toEqual({ status: "held", order: checkout.order });
    const page = await comeBack(checkout);
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(html).toContain("We are checking your order");
    expect(html).toContain(checkout.order);
    expect(await mailsTo("held@example.com")).toEqual(["order_held"]);
    expect(await count("licenses")).toBe(0);
    expect(await count("orders", "state = 'held' AND email = 'held@example.com' AND amount_total = 27900")).toBe(1);
    expect(await count("payments", `id = '${checkout.sessionId}' AND state = 'held' AND total = 27900`)).toBe(1);
    expect(await count("stripe_events", `attention = 1 AND outcome LIKE 'order ${checkout.order} is held: %'`)).toBe(1);
    expect(await count("audit", "action = 'order.hold' AND details NOT LIKE '%@%'")).toBe(1);
  });

  it("becomes a license by a retry of its event once the cause is fixed, and its buyer is told", async () => {
    const checkout = await paidInVain("fixed@example.com");
    await isKnown(true);
    const event = (await eventsOf(checkout.sessionId)).find(({ type }) => type === "checkout.session.completed");
    const headers = { Authorization: `Bearer ${await ownerToken()}` };
    expect((await ask("POST", `/v1/admin/stripe-events/${event?.id}/retry`, { headers })).status).toBe(200);
    expectLogged("order.solved");
    expect(await status(checkout)).toMatchObject({ status: "complete", license: { status: "active" } });
    expect((await mailsTo("fixed@example.com")).sort()).toEqual(["license_key", "order_held", "order_solved"]);
    expect(await count("orders", "state = 'complete' AND resolution = 'retry' AND license_id IS NOT NULL")).toBe(1);
    expect(await count("stripe_events", "attention = 1")).toBe(0);
    expect(await count("payments", "state = 'held'")).toBe(0);
  });

  it("is solved by a plan, once, with a key for its buyer", async () => {
    const checkout = await paidInVain("plan@example.com");
    const elsewhere = await resolve(checkout.order, { plan: "premium-lifetime", email: "admin@example.com" });
    expect(await codeOf(elsewhere)).toBe("CONFLICT");
    const solved = await resolve(checkout.order, { plan: "premium-lifetime", machines: 30 });
    expect(solved.status).toBe(200);
    expectLogged("order.solved");
    expect(await solved.json()).toMatchObject({
      order: { state: "complete", resolution: "plan", email: "plan@example.com", held_reason: "unknown_price" },
      license: { email: "plan@example.com", machine_limit: 50, status: "active" },
      refund: null,
    });
    expect((await resolve(checkout.sessionId, { plan: "premium-lifetime" })).status).toBe(200);
    expect(await codeOf(await resolve(checkout.order, { refund: true }))).toBe("CONFLICT");
    for (const event of await eventsOf(checkout.sessionId)) await deliver(event);
    expect(await count("licenses")).toBe(1);
    expect((await status(checkout)).key).toMatch(/^rbee_lic_/);
    expect((await mailsTo("plan@example.com")).sort()).toEqual(["license_key", "order_held", "order_solved"]);
    expect(await count("stripe_events", "attention = 1")).toBe(0);
    expect(await count("audit", "action = 'license.buy' AND reason = 'ticket 4711'")).toBe(1);
  });

  it("is solved by a refund, after which no event makes a license of it", async () => {
    const checkout = await paidInVain("refund@example.com");
    const solved = await resolve(checkout.order, { refund: true });
    expect(await solved.json()).toMatchObject({
      order: { state: "failed", resolution: "refund" },
      license: null,
      refund: { amount: 27_900, currency: "eur" },
    });
    expectLogged("order.solved");
    await isKnown(true);
    await env.DB.prepare("DELETE FROM stripe_events").run();
    await deliverAll(checkout.sessionId);
    expect(await look(checkout)).toEqual({ status: "failed" });
    expect(await count("licenses")).toBe(0);
    expect(await mailsTo("refund@example.com")).toEqual(["order_held", "order_solved"]);
    expect(await count("payments", "kind = 'refund' AND total = 27900")).toBe(1);
  });

  it("is solved by a refund that was made in Stripe's dashboard", async () => {
    const checkout = await paidInVain("dashboard@example.com");
    const { payment_intent } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    await stripe.refunds.create({ payment_intent: String(payment_intent) });
    await deliverAll(checkout.sessionId);
    const refunds: Stripe.Event[] = (await stripe.events.list({ type: "charge.refunded", limit: 1 })).data;
    for (const event of refunds) await deliver(event);
    expectLogged("order.solved");
    expect(await look(checkout)).toEqual({ status: "failed" });
    expect(await mailsTo("dashboard@example.com")).toEqual(["order_held", "order_solved"]);
  });

  it("is solved by an existing license, which follows the payment from then on", async () => {
    const checkout = await paidInVain("has@example.com");
    const { id } = await issueLicense({ email: "has@example.com" });
    expect((await resolve(checkout.order, { license: id })).status).toBe(200);
    expectLogged("order.solved");
    expect(await count("licenses", `checkout_session_id = '${checkout.sessionId}'`)).toBe(1);
    expect(await look(checkout)).toMatchObject({ status: "complete" });
    const { payment_intent } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    await stripe.refunds.create({ payment_intent: String(payment_intent) });
    const [event] = (await stripe.events.list({ type: "charge.refunded", limit: 1 })).data;
    if (event) await deliver(event);
    expect(await count("licenses", "refund_state = 'full'")).toBe(1);
  });

  it("is solved only with the scope of the same act without an order", async () => {
    const { order } = await paidInVain();
    const { token } = await makeToken(["licenses:write"]);
    expect(await codeOf(await resolve(order, { plan: "premium-lifetime" }, token))).toBe("INSUFFICIENT_SCOPE");
    expect(await codeOf(await resolve(order, { refund: true }, token))).toBe("INSUFFICIENT_SCOPE");
    expect(await codeOf(await resolve(order, { license: "lic_none" }, token))).toBe("LICENSE_NOT_FOUND");
    expect(await codeOf(await resolve("ord_none", { refund: true }))).toBe("NOT_FOUND");
  });

  it.each<[string, object]>([
    ["no resolution", {}],
    ["two resolutions", { plan: "premium-lifetime", refund: true }],
    ["machines without a plan", { refund: true, machines: 5 }],
    ["an unknown member", { refund: true, amount: 1 }],
    ["a false refund", { refund: false }],
  ])("is not solved by %s", async (_, body) => {
    expect(await codeOf(await resolve("ord_any", body))).toBe("VALIDATION_FAILED");
  });

  it("that is not held is refused", async () => {
    const { sessionId } = await begin("premium-lifetime");
    expect(await codeOf(await resolve(sessionId, { refund: true }))).toBe("CONFLICT");
  });
});

describe("a checkout while Stripe does not answer", () => {
  it("is unknown, which its page says and looks again by itself, without JavaScript", async () => {
    const checkout = await begin("premium-lifetime");
    await press(checkout.url, "pay", "unknown@example.com");
    const path = `/checkout/success?session_id=${checkout.sessionId}`;
    const page = await ask("GET", path, { at: deserted, headers: { Cookie: checkout.cookie } });
    expect(page.status).toBe(503);
    expect(page.headers.get("Retry-After")).toBe("5");
    const html = await page.text();
    expect(html).toContain("We don&#39;t know yet");
    expect(html).toContain('<noscript><meta http-equiv="refresh" content="5"/></noscript>');
    const answer = await ask("GET", `/v1/checkout/${checkout.sessionId}`, { at: deserted });
    expect([answer.status, answer.headers.get("Retry-After")]).toEqual([200, "5"]);
    expect(await answer.json()).toEqual({ status: "unknown" });
    expectLogged("checkout.unknown");
    expect((await status(checkout)).status).toBe("complete");
  });
});
