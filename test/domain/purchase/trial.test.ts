import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { permissionsFor, WORKER_CALLS } from "../../../src/domain/purchase/permissions.ts";
import { activate, count } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { openShop } from "../../support/shop.ts";

const { ask, begin, control, deliver, eventsOf, press, shopEnv, status, stripe, comeBack } = await openShop();

type Paid = { email: string; card?: string; machines?: number; at?: Env };

/** Buys the monthly plan with this address and card, and comes back. Returns the license and its subscription. */
async function buy({ email, card, machines, at = shopEnv }: Paid) {
  const checkout = await begin("premium-monthly", machines);
  const pressed = await press(checkout.url, "pay", email, card);
  const back = pressed.headers.get("Location") ?? "";
  const page = await ask("GET", back, { headers: { Cookie: checkout.cookie }, at });
  const { license, key } = await status(checkout);
  const { subscription } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
  return {
    checkout,
    license,
    key: key ?? "",
    page: await page.text(),
    subscription: await stripe.subscriptions.retrieve(String(subscription)),
  };
}

const mailbox = (name: string): string => `${name}-${crypto.randomUUID()}@example.com`;

describe("a second trial", () => {
  it("of the same mailbox is a purchase from today, whatever way its address is written", async () => {
    const name = crypto.randomUUID();
    const first = await buy({ email: `${name}@example.com` });
    expect(first.subscription.status).toBe("trialing");
    expect(first.license).toMatchObject({ status: "active", trial_refused: null });
    const second = await buy({ email: `${name.toUpperCase()}+again@Example.com` });
    expect(second.subscription).toMatchObject({ status: "active", metadata: { rbee_trial_refused: "address" } });
    expect(second.license).toMatchObject({ status: "active", trial_refused: "address", trial_ends_at: null });
    expect(second.page).toContain("has already had a free trial");
    const { data } = await stripe.invoices.list({ subscription: second.subscription.id, status: "paid" });
    expect(data.map(({ total }) => total)).toEqual([9_900, 0]);
  });

  it("with the same card is a purchase from today", async () => {
    const card = "4000056655665556";
    await buy({ email: mailbox("ada"), card });
    const second = await buy({ email: mailbox("eve"), card });
    expect(second.license).toMatchObject({ status: "active", trial_refused: "card" });
    expect(second.subscription.status).toBe("active");
  });

  it("is announced before the payment to a browser that has paid a trial, and to no other", async () => {
    const { checkout } = await buy({ email: mailbox("ada") });
    const headers = { Cookie: checkout.cookie };
    const body = { plan: "premium-monthly" };
    const again = await ask("POST", "/v1/checkout", { headers, body });
    const begun = await again.json<{ url: string }>();
    expect(begun).toMatchObject({ trial: false, no_trial_reason: "used" });
    expect(await (await fetch(begun.url)).text()).toContain("You have already had a free trial");
    const plans = async (more: object) => (await ask("GET", "/plans", more)).text();
    expect(await plans({ headers })).toContain("You have already had a free trial");
    expect(await plans({})).toContain("One free trial per customer");
    const stranger = await ask("POST", "/v1/checkout", { body });
    expect(await stranger.json()).toMatchObject({ trial: true, no_trial_reason: null });
    const lifetime = await ask("POST", "/v1/checkout", { headers, body: { plan: "premium-lifetime" } });
    expect(await lifetime.json()).toMatchObject({ trial: false, no_trial_reason: "none" });
  });

  it("is never refused as a sale: with a card that is declined it is suspended until it is paid", async () => {
    const email = mailbox("ada");
    await buy({ email });
    const checkout = await begin("premium-monthly");
    await press(checkout.url, "pay", email);
    await control("cards/fail-next");
    const { license } = await status(checkout);
    expect(license).toMatchObject({ status: "suspended", trial_refused: "address" });
    const { subscription } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    await control("clock/advance", { days: 4 });
    for (const event of await eventsOf(checkout.sessionId)) await deliver(event);
    expect((await stripe.subscriptions.retrieve(String(subscription))).status).toBe("active");
    expect((await status(checkout)).license).toMatchObject({ status: "active" });
  });

  it("begun at the same time as the first is one of two: the other is paid", async () => {
    const email = mailbox("ada");
    const checkouts = await Promise.all([begin("premium-monthly"), begin("premium-monthly")]);
    for (const { url } of checkouts) await press(url, "pay", email);
    await Promise.all(checkouts.map((checkout) => comeBack(checkout)));
    const states = await Promise.all(
      checkouts.map(async ({ sessionId }) => {
        const { subscription } = await stripe.checkout.sessions.retrieve(sessionId);
        return (await stripe.subscriptions.retrieve(String(subscription))).status;
      }),
    );
    expect(states.sort()).toEqual(["active", "trialing"]);
  });

  it("is one license and one payment, however often and in whatever order its events come", async () => {
    const email = mailbox("ada");
    await buy({ email });
    const checkout = await begin("premium-monthly");
    await press(checkout.url, "pay", email);
    const events = await eventsOf(checkout.sessionId);
    await Promise.all([...events, ...events].reverse().map((event) => deliver(event)));
    for (const event of await eventsOf(checkout.sessionId)) await deliver(event);
    const { license } = await status(checkout);
    expect(license).toMatchObject({ status: "active", trial_refused: "address" });
    const { subscription } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    const { data } = await stripe.invoices.list({ subscription: String(subscription), status: "paid" });
    expect(data).toHaveLength(2);
  });

  it("of the same address is found by a key that may not read payment methods, which admins are told", async () => {
    const permissions = permissionsFor(WORKER_CALLS).filter((one) => one !== "payment_method_read");
    const at = { ...shopEnv, STRIPE_SECRET_KEY: String((await control("keys", { permissions }))["key"]) };
    const email = mailbox("ada");
    const first = await buy({ email, card: "4000000000003220", at });
    expect(first.subscription.status).toBe("trialing");
    expectLogged("stripe.key_refused");
    expect((await buy({ email, at })).license).toMatchObject({ trial_refused: "address" });
    expectLogged("stripe.key_refused");
  });
});

describe("a trial", () => {
  it("has ten machines at most, and the paid number from the first payment on", async () => {
    const { checkout, license, subscription } = await buy({ email: mailbox("ada"), machines: 25 });
    expect(license).toMatchObject({ machine_limit: 10, machine_limit_after_trial: 25 });
    await control("clock/advance", { days: 15 });
    for (const event of await eventsOf(checkout.sessionId)) await deliver(event);
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("active");
    expect((await status(checkout)).license).toMatchObject({ machine_limit: 25, machine_limit_after_trial: null });
  });

  it("leaves marks that name nobody, and that erasure keeps", async () => {
    const before = await count("trial_marks");
    const email = mailbox("ada");
    const { key } = await buy({ email, card: "4242424242424242" });
    await activate(key, "a-machine-of-a-trial");
    const { results } = await env.DB.prepare("SELECT * FROM trial_marks").all();
    expect(results).toHaveLength(before + 3);
    expect(JSON.stringify(results)).not.toMatch(/ada|4242|a-machine/);
  });
});

describe("a machine", () => {
  it("that was in a trial waits for the first payment of another license, or for the end of its trial", async () => {
    const fingerprint = `m-${crypto.randomUUID()}`;
    const first = await buy({ email: mailbox("ada") });
    expect((await activate(first.key, fingerprint)).status).toBe(201);
    const second = await buy({ email: mailbox("eve") });
    const refused = await activate(second.key, fingerprint);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: "TRIAL_USED" });
    expect((await activate(second.key, "another machine")).status).toBe(201);
    const headers = { Authorization: `Bearer ${second.key}` };
    const ended = await ask("POST", "/v1/licenses/end-trial", { headers });
    expect(ended.status).toBe(200);
    expect(await ended.json()).toMatchObject({
      license: { status: "active", trial_ends_at: null, trial_refused: null },
    });
    expect((await stripe.subscriptions.retrieve(second.subscription.id)).status).toBe("active");
    expect((await activate(second.key, fingerprint)).status).toBe(201);
    expect((await ask("POST", "/v1/licenses/end-trial", { headers })).status).toBe(409);
    // It keeps its seat in its own trial.
    expect((await activate(first.key, fingerprint)).status).toBe(200);
  });
});
