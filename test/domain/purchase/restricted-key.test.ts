import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Permission, permissionsFor, WORKER_CALLS } from "../../../src/domain/purchase/permissions.ts";
import { currentTime, DAY, HOUR } from "../../../src/lib/time.ts";
import { makeToken } from "../../support/admin-request.ts";
import { read, signedIn } from "../../support/console-admin.ts";
import { send, signedInByMail } from "../../support/customer.ts";
import { count, ownerToken } from "../../support/license-fixture.ts";
import { expectLogged, logged } from "../../support/logged.ts";
import { newPostbox } from "../../support/postbox.ts";
import { type Checkout, openShop, reconcile } from "../../support/shop.ts";

const { ask, bought, control, deliver, eventsOf, pay, press, shopEnv } = await openShop();

const ALL = permissionsFor(WORKER_CALLS);

/** The shop with a restricted key that has only these permissions. */
async function shopWith(permissions: readonly Permission[]): Promise<Env> {
  const { key } = await control("keys", { permissions });
  return { ...shopEnv, STRIPE_SECRET_KEY: String(key) };
}

const without = (missing: Permission): Promise<Env> => shopWith(ALL.filter((one) => one !== missing));

type Operation = (at: Env) => Promise<Response>;

const asOwner = async () => ({ Authorization: `Bearer ${await ownerToken()}` });

const begin: Operation = (at) => ask("POST", "/v1/checkout", { body: { plan: "premium-monthly" }, at });

/** Delivers the event of this type of a purchase. */
const told =
  (checkout: Checkout, type: string): Operation =>
  async (at) => {
    const event = (await eventsOf(checkout.sessionId)).findLast((one) => one.type === type);
    if (!event) throw new Error(`no ${type}`);
    return deliver(event, at);
  };

const openPortal =
  (key: string): Operation =>
  (at) =>
    ask("POST", "/v1/billing-portal", { headers: { Authorization: `Bearer ${key}` }, at });

const refund =
  (id: string): Operation =>
  async (at) =>
    ask("POST", `/v1/admin/licenses/${id}/refund`, { headers: await asOwner(), body: { reason: "a test" }, at });

const erase =
  (id: string): Operation =>
  async (at) =>
    ask("POST", `/v1/admin/licenses/${id}/erase`, { headers: await asOwner(), body: { reason: "a test" }, at });

/** An operation that goes on without the permission. Admins are told of it all the same, which is the answer here. */
const noted =
  (operation: Operation): Operation =>
  async (at) => {
    expect((await operation(at)).status).toBe(200);
    const [line] = expectLogged("stripe.key_refused").slice(-1);
    return Response.json({ code: "SERVICE_UNAVAILABLE", detail: line?.["message"] }, { status: line ? 503 : 200 });
  };

type Problem = { code: string; detail: string };

describe("a restricted key with the listed permissions", () => {
  it("sells, follows, bills, refunds, erases and reconciles", async () => {
    const at = await shopWith(ALL);
    const begun = await begin(at);
    expect(begun.status).toBe(201);
    const { url, session_id } = await begun.json<{ url: string; session_id: string }>();
    const cookie = begun.headers.get("Set-Cookie")?.split(";")[0] ?? "";
    const back = (await press(url, "pay", "ada@example.com")).headers.get("Location") ?? "";
    expect((await ask("GET", back, { headers: { Cookie: cookie }, at })).status).toBe(200);
    const page = await ask("GET", `/v1/checkout/${session_id}`, { headers: { Cookie: cookie }, at });
    const { key, license } = await page.json<{ key: string; license: { id: string } }>();
    await control(`subscriptions/${session_id}/action-required`);
    await control("clock/advance", { days: 15 });
    const dispute = await control("disputes", { session: session_id });
    await control(`disputes/${dispute["id"]}/close`, { status: "won" });
    const given = await control("refunds", { session: session_id, amount: 100 });
    await control(`refunds/${given["id"]}/fail`);
    await control(`subscriptions/${session_id}/fail-renewal`);
    await control("clock/advance", { days: 31 });
    for (const event of await eventsOf(session_id))
      expect([event.type, (await deliver(event, at)).status]).toEqual([event.type, 200]);
    const plans = await (await ask("GET", "/v1/plans", { at })).json<{ plans: { price: object | null }[] }>();
    expect(plans.plans.every(({ price }) => price !== null)).toBe(true);
    expect((await openPortal(key)(at)).status).toBe(200);
    const night = Math.ceil(currentTime() / DAY) * DAY + 3 * HOUR;
    expect((await reconcile(at, night)).failed).toBe(0);
    expect((await refund(license.id)(at)).status).toBe(200);
    expect((await erase(license.id)(at)).status).toBe(200);
  });

  it("has no level too high: with reading instead of writing, an operation is refused", async () => {
    const monthly = await bought("premium-monthly");
    const given = await bought("premium-lifetime");
    await control(`subscriptions/${monthly.sessionId}/quantity`, { quantity: 10 });
    const operations: Partial<Record<Permission, Operation>> = {
      charge_write: refund(given.id),
      checkout_session_write: begin,
      customer_write: erase(given.id),
      customer_portal_write: openPortal(monthly.key),
      invoice_write: noted(told(monthly, "customer.subscription.updated")),
      subscription_write: refund(monthly.id),
    };
    const writing = ALL.filter((permission) => permission.endsWith("_write"));
    expect(Object.keys(operations)).toEqual(expect.arrayContaining(writing));
    for (const permission of writing) {
      const lower = (each: Permission) =>
        each === permission ? (each.replace(/_write$/, "_read") as Permission) : each;
      const response = await (operations[permission] ?? begin)(await shopWith(ALL.map(lower)));
      expect([permission, response.status]).toEqual([permission, 503]);
      expect(expectLogged("stripe.key_refused").at(-1)?.["permission"]).toBe(permission);
    }
    expectLogged("request.failed");
  });

  it("has no permission too many: without any of them, an operation is refused and names it", async () => {
    const monthly = await bought("premium-monthly");
    const given = await bought("premium-lifetime");
    await control(`subscriptions/${monthly.sessionId}/fail-renewal`);
    await control("clock/advance", { days: 15 });
    const trying = await pay("premium-monthly");
    const waiting = await pay("premium-monthly");
    const paid = await pay("premium-lifetime");
    const later = await pay("premium-lifetime");
    await control("refunds", { session: given.sessionId, amount: 1 });
    await control(`invoices/${given.sessionId}/credit-note`, { amount: 1, as: "out_of_band" });
    const dispute = await control("disputes", { session: given.sessionId });
    await control(`disputes/${dispute["id"]}/close`, { status: "won" });
    const operations: Partial<Record<Permission, Operation>> = {
      charge_write: told(given, "charge.refunded"),
      checkout_session_write: told(paid, "checkout.session.completed"),
      credit_note_read: noted(told(given, "charge.refunded")),
      customer_write: erase(given.id),
      customer_portal_write: openPortal(monthly.key),
      dispute_read: told(given, "charge.dispute.closed"),
      event_read: noted(async (at) => {
        const { failed } = await reconcile(at, Math.ceil(currentTime() / HOUR) * HOUR);
        expect(failed).toBeGreaterThan(0);
        return new Response();
      }),
      invoice_write: told(monthly, "invoice.payment_failed"),
      payment_intent_read: told(later, "checkout.session.completed"),
      payment_method_read: noted(told(trying, "checkout.session.completed")),
      plan_read: begin,
      subscription_write: told(waiting, "checkout.session.completed"),
    };
    expect(Object.keys(operations).sort()).toEqual(ALL);
    for (const [index, missing] of ALL.entries()) {
      const operation = Object.entries(operations).sort()[index]?.[1];
      const response = await (operation ?? begin)(await without(missing));
      const { code, detail } = await response.json<Problem>();
      expect([missing, response.status, code]).toEqual([missing, 503, "SERVICE_UNAVAILABLE"]);
      const refused = expectLogged("stripe.key_refused");
      expect(refused.at(-1)?.["permission"]).toBe(missing);
      expect(JSON.stringify(refused)).not.toContain("rk_test");
      expect(detail).not.toContain("rk_test");
    }
    for (const event of ["request.failed", "reconciliation.failed"]) expectLogged(event);
    expect(await count("watermarks", "name LIKE 'stripe-key:%'")).toBe(ALL.length);
    const page = await read(await signedIn(["stats:read"]), "/admin/system");
    expect(page).toContain("lacks the permission &quot;Customers: write&quot; (customer_write)");
    expect(page).not.toContain("stripe-key:");
  });
});

describe("a missing permission", () => {
  it("of credit notes stops a refund, which must not give credited money back again", async () => {
    const given = await bought("premium-lifetime");
    await control(`invoices/${given.sessionId}/credit-note`, { amount: 500, as: "out_of_band" });
    const at = await without("credit_note_read");
    const refused = await refund(given.id)(at);
    expect(refused.status).toBe(503);
    expect(expectLogged("stripe.key_refused").at(-1)).toMatchObject({ permission: "credit_note_read" });
    expect(await (await refund(given.id)(shopEnv)).json()).toMatchObject({ refund: { amount: 27_900 - 500 } });
  });

  const plain = "Nothing was changed";

  it("is named to an admin, and not to a customer", async () => {
    const { id, key } = await bought("premium-monthly");
    const weak = await without("customer_portal_write");
    const portal = await (await openPortal(key)(weak)).json<Problem>();
    expect(portal.detail).toContain(plain);
    expect(portal.detail).not.toContain("permission");
    const erased = await (
      await erase((await bought("premium-lifetime")).id)(await without("customer_write"))
    ).json<Problem>();
    expect(erased.detail).toContain('lacks the permission "Customers: write" (customer_write)');
    expect(erased.detail).toContain("API keys");
    const refunded = await (await refund(id)(await without("subscription_write"))).json<Problem>();
    expect(refunded.detail).toMatch(/^The license is revoked\. .*"Subscriptions: write"/);
    expectLogged("request.failed");
    expectLogged("stripe.key_refused");
  });

  it("is named after a refund, too, with the part that is done", async () => {
    const { id } = await bought("premium-lifetime");
    const refunded = await (await refund(id)(await without("invoice_write"))).json<Problem>();
    expect(refunded.detail).toMatch(/^The license is revoked\. .*"Invoices: write"/);
    expect(await count("audit", `action = 'license.refunded' AND subject = '${id}'`)).toBe(0);
    expectLogged("stripe.key_refused");
  });

  it("after a payment promises no buyer that nothing was changed", async () => {
    const { sessionId } = await pay("premium-lifetime");
    const weak = await without("invoice_write");
    const response = await ask("GET", `/v1/checkout/${sessionId}`, { at: weak });
    const { detail } = await response.json<Problem>();
    expect([response.status, detail.includes(plain), detail.includes("write to us")]).toEqual([503, false, true]);
    expectLogged("request.failed");
    expectLogged("stripe.key_refused");
  });

  it("leaves a customer's data whole when they delete it, and they read a plain sentence", async () => {
    const weak = await without("customer_write");
    const mailing = newPostbox();
    const postbox = { ...mailing, env: { ...weak, EMAIL: mailing.env.EMAIL } };
    const { id, key } = await bought("premium-lifetime");
    const email = String(await env.DB.prepare("SELECT email FROM licenses WHERE id = ?").bind(id).first("email"));
    const browser = await signedInByMail(email, postbox);
    const response = await send(browser, "/account/erase", { confirmation: "delete" }, { Accept: "text/html" });
    const page = await response.text();
    expect([response.status, page.includes(plain), page.includes("permission")]).toEqual([503, true, false]);
    expect(await count("licenses", `email = '${email}' AND admin_state = 'none'`)).toBe(1);
    expect(await count("audit", "action = 'license.erase'")).toBe(0);
    expect((await ask("GET", "/v1/licenses/me", { headers: { Authorization: `Bearer ${key}` } })).status).toBe(200);
    expectLogged("request.failed");
    expectLogged("stripe.key_refused");
  });

  it("leaves an event unhandled, and a later key handles it", async () => {
    const checkout = await pay("premium-lifetime");
    const complete = told(checkout, "checkout.session.completed");
    const refused = await complete(await without("checkout_session_write"));
    expect(refused.status).toBe(503);
    expect((await refused.json<Problem>()).detail).toContain("Checkout Sessions: write");
    expect(await count("stripe_events", "handled_at IS NULL AND last_error LIKE '%checkout_session_read%'")).toBe(1);
    expect(await count("stripe_events", "last_error LIKE '%rk_test%'")).toBe(0);
    expectLogged("request.failed");
    expectLogged("stripe.key_refused");
    expect((await complete(await shopWith(ALL))).status).toBe(200);
    expect(await count("licenses", `checkout_session_id = '${checkout.sessionId}'`)).toBe(1);
  });

  it("leaves the plans without prices, and the page of plans complete", async () => {
    const weak = await without("plan_read");
    const { plans } = await (await ask("GET", "/v1/plans", { at: weak })).json<{ plans: { price: object | null }[] }>();
    expect(plans.map(({ price }) => price)).toEqual([null, null]);
    expect((await ask("GET", "/plans", { at: weak })).status).toBe(200);
    expectLogged("prices.unreadable");
    expectLogged("stripe.key_refused");
  });

  it("for the order form is a page with a plain sentence", async () => {
    const response = await ask("POST", "/checkout", {
      at: await without("checkout_session_write"),
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "text/html" },
      body: "plan=premium-lifetime&machines=25&terms=yes",
    });
    expect([response.status, (await response.text()).includes(plain)]).toEqual([503, true]);
    expectLogged("request.failed");
    expectLogged("stripe.key_refused");
  });
});

it("a key that Stripe does not know is an answer for the operator, never a 500", async () => {
  const { id } = await bought("premium-lifetime");
  const at = { ...shopEnv, STRIPE_SECRET_KEY: "sk_test_revoked" };
  const { token } = await makeToken(["owner"]);
  const headers = { Authorization: `Bearer ${token}` };
  for (const path of ["refund", "erase"]) {
    const response = await ask("POST", `/v1/admin/licenses/${id}/${path}`, { headers, body: { reason: "r" }, at });
    expect([response.status, (await response.json<Problem>()).detail]).toEqual([
      503,
      expect.stringContaining("STRIPE_SECRET_KEY"),
    ]);
  }
  expect((await begin(at)).status).toBe(503);
  expect(
    logged()
      .filter(({ event }) => event === "stripe.key_refused")
      .map(({ permission }) => permission),
  ).toEqual([null, null, null]);
  expectLogged("request.failed");
  expectLogged("stripe.key_refused");
});
