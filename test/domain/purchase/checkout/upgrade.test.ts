import { env } from "cloudflare:workers";
import type Stripe from "stripe";
import { describe, expect, it, vi } from "vitest";
import { currentTime } from "../../../../src/lib/time.ts";
import { codeOf } from "../../../support/admin-request.ts";
import { activate, adminAct, count, hive, issueLicense, tokenFor } from "../../../support/license-fixture.ts";
import { expectLogged } from "../../../support/logged.ts";
import { type Checkout, facts, openShop, reconcile } from "../../../support/shop.ts";

const {
  ask,
  bought,
  comeBack,
  control,
  deliver,
  deliverAll,
  eventsOf,
  look,
  press,
  returnOf,
  shopEnv,
  status,
  stripe,
} = await openShop();

const wish = (key: string, plan: string, machines?: number) =>
  ask("POST", "/v1/checkout", {
    headers: { Authorization: `Bearer ${key}` },
    body: { plan, ...(machines === undefined ? {} : { machines }) },
  });

/** Begins the upgrade of the license of `key`, and pays it unless the caller does. */
async function upgrade(key: string, plan: string, { pays = true } = {}): Promise<Checkout> {
  const response = await wish(key, plan);
  expect(response.status).toBe(201);
  const { url, session_id } = await response.json<{ url: string; session_id: string }>();
  const checkout = { url, sessionId: session_id, cookie: response.headers.get("Set-Cookie")?.split(";")[0] ?? "" };
  if (pays) await press(url, "pay", "ada@example.com");
  return checkout;
}

const subscriptionOf = async ({ sessionId }: Checkout): Promise<Stripe.Subscription> =>
  stripe.subscriptions.retrieve(String((await stripe.checkout.sessions.retrieve(sessionId)).subscription));

describe("the upgrade of an issued trial", () => {
  it("keeps its key and machines, and starts no second trial", async () => {
    const { id, key } = await issueLicense({ plan: "premium-trial" });
    const token = await tokenFor(key, "m");
    const checkout = await upgrade(key, "premium-monthly");
    const session = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    expect(session).toMatchObject({
      customer_email: "ada@example.com",
      amount_subtotal: 9_900,
      payment_status: "paid",
    });
    await deliverAll(checkout.sessionId);
    expect(await facts(id)).toMatchObject({ plan: "premium-monthly", machine_limit: 5, subscription_state: "active" });
    expect((await activate(key, "m")).status).toBe(200);
    expect((await activate(key, "n")).status).toBe(201);
    expect((await hive("POST", "/v1/licenses/token", { credential: token, body: { fingerprint: "m" } })).status).toBe(
      200,
    );
    expect([await count("licenses"), await count("mails", "kind = 'license_key'")]).toEqual([1, 0]);
    expect(await count("audit", `action = 'license.upgrade' AND subject = '${id}'`)).toBe(1);
    const shown = await status(checkout);
    expect(shown).toMatchObject({ status: "complete", license: { id, status: "active" } });
    expect(shown.key).toBeUndefined();
    expect(await look(checkout, false)).toEqual({ status: "complete", masked_key: shown.masked_key });
    const page = await (await comeBack(checkout)).text();
    expect(page).toContain("Your license is upgraded");
    expect(page).not.toContain(key);
  });

  it("that has ended works again", async () => {
    const { id, key } = await issueLicense({ plan: "premium-trial" });
    await env.DB.prepare("UPDATE licenses SET expires_at = 1 WHERE id = ?").bind(id).run();
    expect(await codeOf(await activate(key, "m"))).toBe("LICENSE_EXPIRED");
    await status(await upgrade(key, "premium-lifetime"));
    expect((await activate(key, "m")).status).toBe(201);
  });
});

describe("the upgrade of a monthly license", () => {
  it("makes it a lifetime one, and ends the old subscription with Stripe's proration", async () => {
    const old = await bought("premium-monthly");
    await control("clock/advance", { days: 20 });
    await deliverAll(old.sessionId);
    const checkout = await upgrade(old.key, "premium-lifetime");
    await deliverAll(checkout.sessionId);
    const ended = await subscriptionOf(old);
    expect(ended.status).toBe("canceled");
    const invoices = await stripe.invoices.list({ subscription: ended.id });
    expect(invoices.data.some(({ total }) => total < 0)).toBe(true);
    expect(await facts(old.id)).toMatchObject({
      plan: "premium-lifetime",
      machine_limit: 25,
      subscription_state: "none",
      expires_at: null,
      stripe_status: null,
      refund_state: "none",
    });
    expect(await count("orders", "replaced_at IS NOT NULL AND state = 'complete'")).toBe(1);
    // Late events of the old payment find the license and change nothing.
    await env.DB.prepare("DELETE FROM stripe_events").run();
    await deliverAll(old.sessionId);
    expect(await count("licenses")).toBe(1);
    expect(await facts(old.id)).toMatchObject({
      plan: "premium-lifetime",
      subscription_state: "none",
      expires_at: null,
    });
  });

  it("is the same license in every order of the events of both payments", async () => {
    const old = await bought("premium-monthly");
    const checkout = await upgrade(old.key, "premium-lifetime");
    await status(checkout);
    const events = [...(await eventsOf(old.sessionId)), ...(await eventsOf(checkout.sessionId))];
    const before = await facts(old.id);
    await env.DB.prepare("DELETE FROM stripe_events").run();
    for (const event of events.reverse()) expect((await deliver(event)).status).toBe(200);
    await Promise.all(events.map((event) => deliver(event)));
    expect(await facts(old.id)).toEqual(before);
    expect([await count("licenses"), await count("stripe_events", "attention = 1")]).toEqual([1, 0]);
  });

  it("is not taken back by a refund of a month of its old subscription, but by one of its own payment", async () => {
    const old = await bought("premium-monthly");
    await control("clock/advance", { days: 15 });
    await control("refunds", { session: old.sessionId });
    await deliverAll(old.sessionId);
    const checkout = await upgrade(old.key, "premium-lifetime");
    await deliverAll(checkout.sessionId);
    await deliverAll(old.sessionId);
    expect(await facts(old.id)).toMatchObject({ plan: "premium-lifetime", refund_state: "none" });
    await control("refunds", { session: checkout.sessionId });
    const [event] = (await stripe.events.list({ type: "charge.refunded", limit: 1 })).data;
    if (event) await deliver(event);
    expect(await facts(old.id)).toMatchObject({ refund_state: "full" });
  });

  it("is complete while Stripe does not end the old subscription, and the cron ends it later", async () => {
    const old = await bought("premium-monthly");
    const checkout = await upgrade(old.key, "premium-lifetime");
    const realFetch = globalThis.fetch;
    const broken = vi
      .spyOn(globalThis, "fetch")
      .mockImplementation((input, init) =>
        new Request(input, init).method === "DELETE"
          ? Promise.resolve(Response.json({ error: { type: "api_error", message: "down" } }, { status: 500 }))
          : realFetch(input, init),
      );
    // Bindings of their own, so that only the SDK of this request is broken.
    const page = await ask("GET", returnOf(checkout), { at: { ...shopEnv }, headers: { Cookie: checkout.cookie } });
    broken.mockRestore();
    expect(await page.text()).toContain("Your license is upgraded");
    expectLogged("order.old_subscription_runs");
    expect((await subscriptionOf(old)).status).not.toBe("canceled");
    await reconcile(shopEnv, currentTime());
    expect((await subscriptionOf(old)).status).toBe("canceled");
    expect(await count("orders", "replaced_subscription_id IS NOT NULL AND replaced_at IS NULL")).toBe(0);
  });

  it("that has ended may begin a new subscription, and has only that one", async () => {
    const old = await bought("premium-monthly");
    await control(`subscriptions/${old.sessionId}/cancel`);
    await deliverAll(old.sessionId);
    expect(await codeOf(await activate(old.key, "m"))).toBe("LICENSE_EXPIRED");
    const checkout = await upgrade(old.key, "premium-monthly");
    await deliverAll(checkout.sessionId);
    await deliverAll(old.sessionId);
    expect(await facts(old.id)).toMatchObject({ subscription_state: "active", stripe_status: "active" });
    expect((await activate(old.key, "m")).status).toBe(201);
    const subscription = await subscriptionOf(checkout);
    expect(await count("licenses", `stripe_subscription_id = '${subscription.id}'`)).toBe(1);
  });
});

describe("an upgrade that is impossible", () => {
  it.each<[string, () => Promise<string>, string, string]>([
    ["a revoked license", revoked, "premium-lifetime", "LICENSE_REVOKED"],
    ["a license without an end", async () => (await issueLicense()).key, "premium-lifetime", "CONFLICT"],
    [
      "a monthly license to the same plan",
      async () => (await bought("premium-monthly")).key,
      "premium-monthly",
      "CONFLICT",
    ],
    ["a token", async () => tokenFor((await issueLicense()).key, "m"), "premium-lifetime", "KEY_INVALID"],
    ["no key of ours", async () => "rbee_lic_none", "premium-lifetime", "KEY_INVALID"],
  ])("is refused before anything is paid: of %s", async (_, keyOf, plan, code) => {
    const key = await keyOf();
    const before = await count("orders");
    expect(await codeOf(await wish(key, plan))).toBe(code);
    expect(await count("orders")).toBe(before);
  });

  it("since the checkout began is held: the license was revoked, or paid for already", async () => {
    const { id, key } = await issueLicense({ plan: "premium-trial" });
    const first = await upgrade(key, "premium-lifetime");
    const second = await upgrade(key, "premium-lifetime");
    const third = await upgrade(key, "premium-monthly", { pays: false });
    expect((await status(first)).status).toBe("complete");
    expect((await status(second)).status).toBe("held");
    await adminAct(id, "revoke");
    await press(third.url, "pay", "ada@example.com");
    await deliverAll(third.sessionId);
    expectLogged("order.held");
    expect(await count("orders", "state = 'held' AND held_reason = 'upgrade_impossible'")).toBe(2);
    expect(await facts(id)).toMatchObject({ plan: "premium-lifetime", admin_state: "revoked" });
  });
});

async function revoked(): Promise<string> {
  const { id, key } = await issueLicense({ plan: "premium-trial" });
  await adminAct(id, "revoke");
  return key;
}
