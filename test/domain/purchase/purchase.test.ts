import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../support/admin-request.ts";
import { activate, adminAct, count, hive, ownerToken } from "../../support/license-fixture.ts";
import { openShop } from "../../support/shop.ts";

const { ask, begin, comeBack, control, deliver, deliverAll, eventsOf, pay, press, shopEnv, status, stripe } =
  await openShop();

describe("a purchase", () => {
  it("gives a key that activates seconds later, from the webhook or the success page", async () => {
    const checkout = await pay("premium-lifetime");
    const paid = await status(checkout);
    expect(paid).toMatchObject({ status: "complete", license: { status: "active", machine_limit: 25 } });
    expect((await activate(paid.key ?? "", "m")).status).toBe(201);
    await deliverAll(checkout.sessionId);
    expect(await count("licenses")).toBe(1);
    expect(await count("mails", "kind = 'license_key'")).toBe(1);
  });

  it("is one license, one key and one mail, however often its events arrive, also at once", async () => {
    const checkout = await pay("premium-monthly", { machines: 3 });
    const events = await eventsOf(checkout.sessionId);
    const deliveries = events.flatMap((event) => Array.from({ length: 20 }, () => deliver(event)));
    const looks = Array.from({ length: 5 }, () => status(checkout));
    for (const response of await Promise.all(deliveries)) expect(response.status).toBe(200);
    const keys = new Set((await Promise.all(looks)).map(({ key }) => key));
    expect(keys.size).toBe(1);
    expect(await count("licenses")).toBe(1);
    expect(await count("mails", "kind = 'license_key'")).toBe(1);
    expect(await count("audit", "action = 'license.buy'")).toBe(1);
    expect(await count("stripe_events", "handled_at IS NULL")).toBe(0);
    expect((await status(checkout)).license).toMatchObject({ status: "active", machine_limit: 5 });
  });

  it("repeated by the same person is a second license", async () => {
    const email = "twice@example.com";
    const first = await pay("premium-lifetime", { email });
    const second = await pay("premium-lifetime", { email });
    expect((await status(first)).key).not.toBe((await status(second)).key);
    expect(await count("licenses", `email = '${email}'`)).toBe(2);
  });

  it("with a delayed payment is pending without a key until it is paid, and failed if it never is", async () => {
    const checkout = await begin("premium-lifetime");
    await press(checkout.url, "delayed", "later@example.com");
    expect(await status(checkout)).toEqual({ status: "pending" });
    await deliverAll(checkout.sessionId);
    expect(await status(checkout)).toEqual({ status: "pending" });
    expect(await count("licenses")).toBe(0);
    await control(`payments/${checkout.sessionId}/succeed`);
    expect(await status(checkout)).toMatchObject({ status: "complete", license: { status: "active" } });

    const failing = await begin("premium-lifetime");
    await press(failing.url, "delayed", "never@example.com");
    await control(`payments/${failing.sessionId}/fail`);
    await deliverAll(failing.sessionId);
    expect(await status(failing)).toEqual({ status: "failed" });
    expect(await count("mails", "kind = 'payment_not_completed'")).toBe(1);
    expect(await count("licenses")).toBe(1);
  });

  it("that fails mails one address at most three times a day, because nobody has proved to own it", async () => {
    const victim = "victim@example.com";
    for (const email of [victim, victim, victim, victim, "other@example.com", victim]) {
      const checkout = await begin("premium-lifetime");
      await press(checkout.url, "delayed", email);
      await control(`payments/${checkout.sessionId}/fail`);
      await deliverAll(checkout.sessionId);
    }
    expect(await count("mails", `kind = 'payment_not_completed' AND recipient = '${victim}'`)).toBe(3);
    expect(await count("mails", "kind = 'payment_not_completed' AND recipient = 'other@example.com'")).toBe(1);
    expect(await count("orders", "state = 'failed'")).toBe(6);
  });

  it("that has failed does not become pending again by a late event", async () => {
    const checkout = await begin("premium-lifetime");
    await press(checkout.url, "delayed", "never@example.com");
    const early = await eventsOf(checkout.sessionId);
    await control(`payments/${checkout.sessionId}/fail`);
    await deliverAll(checkout.sessionId);
    await env.DB.prepare("DELETE FROM stripe_events").run();
    for (const event of early) await deliver(event);
    expect(await status(checkout)).toEqual({ status: "failed" });
  });

  it("of an unknown price that did not begin here is ignored, and fulfilled by a retry once the price is known", async () => {
    const product = await stripe.products.create({ name: "Premium, by another name" });
    const price = await stripe.prices.create({ product: product.id, currency: "eur", unit_amount: 1000 });
    const { id, url } = await stripe.checkout.sessions.create({
      mode: "payment",
      line_items: [{ price: price.id, quantity: 2 }],
      success_url: "https://catalog.test/checkout/success",
    });
    await press(url ?? "", "pay", "early@example.com");
    await deliverAll(id);
    expect(await count("licenses")).toBe(0);
    await stripe.prices.update(price.id, { metadata: { rbee_plan: "premium-lifetime" } });
    const token = await ownerToken();
    expect(await count("stripe_events", "attention = 1")).toBe(0);
    for (const event of await eventsOf(id)) {
      const headers = { Authorization: `Bearer ${token}` };
      expect((await ask("POST", `/v1/admin/stripe-events/${event.id}/retry`, { headers })).status).toBe(200);
    }
    expect(await count("licenses", `checkout_session_id = '${id}' AND machine_limit = 2`)).toBe(1);
    expect(await count("stripe_events", "attention = 1")).toBe(0);
  });

  it("that is abandoned or declined makes no license", async () => {
    const checkout = await begin("premium-monthly");
    await press(checkout.url, "decline", "broke@example.com");
    expect(await status(checkout)).toEqual({ status: "pending" });
    expect(await count("licenses")).toBe(0);
  });

  it("shows its key only to the browser that began and paid it", async () => {
    const checkout = await pay("premium-lifetime");
    const { key = "" } = await status(checkout);
    const stranger = await status(checkout, false);
    expect(stranger.key).toBeUndefined();
    expect(stranger.masked_key).not.toBe(key);
    const page = async (headers: Record<string, string>) => {
      const response = await ask("GET", `/checkout/success?session_id=${checkout.sessionId}`, { headers });
      expect(response.headers.get("Cache-Control")).toBe("no-store");
      expect(response.headers.get("Referrer-Policy")).toBe("same-origin");
      expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
      return response.text();
    };
    expect(await page({ Cookie: checkout.cookie })).toContain(key);
    for (const headers of [
      {},
      { Cookie: "__Host-rbee_checkout=guess" },
      { Cookie: (await begin("premium-lifetime")).cookie },
    ]) {
      const text = await page(headers as Record<string, string>);
      expect(text).not.toContain(key);
      expect(text).toContain("mailed you your license key");
    }
  });

  it("does not show that browser a key that has replaced the bought one", async () => {
    const checkout = await pay("premium-lifetime");
    const { license } = await status(checkout);
    const rotated = await adminAct(license?.id ?? "", "rotate-key");
    const { key } = await rotated.json<{ key: string }>();
    const after = await status(checkout);
    expect([after.status, after.key, after.license]).toEqual(["complete", undefined, undefined]);
    const headers = { Cookie: checkout.cookie };
    const page = await ask("GET", `/checkout/success?session_id=${checkout.sessionId}`, { headers });
    const text = await page.text();
    expect(text).toContain("mailed you your license key");
    expect(text).not.toContain(key);
  });

  it("shows the end of the trial and the first payment while there is one", async () => {
    const checkout = await pay("premium-monthly");
    const text = async () => (await comeBack(checkout)).text();
    expect(await text()).toMatch(/Your free trial ends on .*Then the first payment of \$99 is due, unless you cancel/);
    await control(`subscriptions/${checkout.sessionId}/cancel`, { at_period_end: true });
    await deliverAll(checkout.sessionId);
    const canceled = await text();
    expect(canceled).toContain("Your free trial ends on");
    expect(canceled).not.toContain("first payment");
  });

  it.each(["{CHECKOUT_SESSION_ID}", "", "cs_test_guess", "../x", "%00", "cs_test_<script>"])(
    "with the session id %j is unknown",
    async (sessionId) => {
      const page = await ask("GET", `/checkout/success?session_id=${encodeURIComponent(sessionId)}`);
      expect(page.status).toBe(404);
      expect(await page.text()).not.toContain("<script>");
      if (sessionId === "") return;
      const response = await ask("GET", `/v1/checkout/${encodeURIComponent(sessionId)}`);
      expect(response.status).toBe(404);
    },
  );

  it.each([
    ["a plan that is not on sale", { plan: "premium-trial" }],
    ["no such plan", { plan: "free-for-all" }],
    ["a price of its own", { plan: "premium-lifetime", price: 1 }],
    ["a currency of its own", { plan: "premium-lifetime", currency: "zwd" }],
    ["metadata", { plan: "premium-lifetime", metadata: { plan: "x" } }],
    ["a place to return to", { plan: "premium-lifetime", success_url: "https://evil.test" }],
    ["no machines", { plan: "premium-lifetime", machines: 0 }],
    ["fewer than none", { plan: "premium-lifetime", machines: -5 }],
    ["half a machine", { plan: "premium-lifetime", machines: 1.5 }],
    ["an absurd number", { plan: "premium-lifetime", machines: 1e9 }],
  ])("cannot begin with %s", async (_, body) => {
    const response = await ask("POST", "/v1/checkout", { body });
    expect(response.status).toBe(422);
    expect(await codeOf(response)).toBe("VALIDATION_FAILED");
  });

  it("is not offered when nothing is sold", async () => {
    const at = { ...shopEnv, STRIPE_SECRET_KEY: "" };
    for (const [method, path, body] of [
      ["POST", "/v1/checkout", { plan: "premium-lifetime" }],
      ["POST", "/v1/stripe/webhook", "{}"],
    ] as const) {
      expect((await ask(method, path, { body, at })).status).toBe(503);
    }
    expect((await ask("GET", "/v1/plans", { at })).status).toBe(200);
  });

  it("opens the billing portal for its own customer, by the key", async () => {
    const { key = "" } = await status(await pay("premium-monthly"));
    const headers = { Authorization: `Bearer ${key}` };
    const response = await ask("POST", "/v1/billing-portal", { headers });
    expect(response.status).toBe(200);
    const { url } = await response.json<{ url: string }>();
    expect((await fetch(url)).status).toBe(200);
    expect(await codeOf(await ask("POST", "/v1/billing-portal"))).toBe("CREDENTIAL_REQUIRED");
  });
});

describe("the plans", () => {
  it("are listed with Stripe's prices", async () => {
    const { plans } = await (await ask("GET", "/v1/plans")).json<{ plans: object[] }>();
    expect(plans).toMatchObject([
      { id: "premium-monthly", price: { amount: 9900, currency: "usd", interval: "month", machines: 5 } },
      { id: "premium-lifetime", price: { amount: 27_900, currency: "eur", interval: null, machines: 25 } },
    ]);
  });
});

describe("a hive", () => {
  it("is refused for a license that is no longer paid for", async () => {
    const { key = "", license } = await status(await pay("premium-monthly"));
    expect((await activate(key, "m")).status).toBe(201);
    const me = await hive("GET", "/v1/licenses/me", { credential: key });
    expect(await me.json()).toMatchObject({ license: { id: license?.id, status: "active" } });
  });
});
