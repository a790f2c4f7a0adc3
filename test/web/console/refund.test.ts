import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { permissionsFor, WORKER_CALLS } from "../../../src/domain/purchase/permissions.ts";
import { act, hiddenFields, read, send, signedIn } from "../../support/console-admin.ts";
import { issueLicense } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { openShop } from "../../support/shop.ts";

const { control, pay, shopEnv, status, stripe } = await openShop();

/** A bought and paid license. */
async function bought(plan: string) {
  const checkout = await pay(plan);
  const { license } = await status(checkout);
  return { id: license?.id ?? "", checkout };
}

describe("refund in the console", () => {
  it("the preview shows the amount, and the customer is refunded once", async () => {
    const { id, checkout } = await bought("premium-lifetime");
    const browser = await signedIn(["money:refund", "audit:read"], shopEnv);
    const path = `/admin/licenses/${id}/refund`;
    const preview = await (await send(browser, path, { reason: "bought twice" })).text();
    expect(preview).toContain("The customer gets €279 back");
    expect(preview).toContain("usually within 40 seconds");
    const { payment_intent } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    const given = async () =>
      (await stripe.refunds.list({ payment_intent: String(payment_intent) })).data.map(({ amount }) => amount);
    expect(await given()).toEqual([]);
    const form = hiddenFields(preview);
    expect(await (await browser.post(path, { form })).text()).toContain("The customer gets €279 back");
    await browser.post(path, { form });
    expect(await given()).toEqual([27900]);
    const page = await read(browser, `/admin/licenses/${id}`);
    expect(page).toContain("Revoked by an admin");
    expect(page).toContain("<strong>Refunded</strong>");
    expect(page).toContain(`https://dashboard.stripe.com/test/payments/${payment_intent}`);
  });

  it("a disputed payment is refused in the preview, in words", async () => {
    const { id, checkout } = await bought("premium-lifetime");
    await control("disputes", { session: checkout.sessionId });
    const browser = await signedIn(["money:refund"], shopEnv);
    const response = await send(browser, `/admin/licenses/${id}/refund`, { reason: "asked for it" });
    expect([response.status, await response.text()]).toEqual([
      409,
      expect.stringContaining("Stripe refunds no disputed payment"),
    ]);
  });

  it("a subscription with nothing to refund is ended", async () => {
    const { id } = await bought("premium-monthly");
    const browser = await signedIn(["money:refund"], shopEnv);
    const { preview, response } = await act(browser, `/admin/licenses/${id}/refund`, { reason: "changed their mind" });
    expect(preview).toContain("There is nothing left to refund");
    expect(preview).toContain("Its subscription ends at once");
    expect(await response.text()).toContain("nothing left to refund");
  });

  it("a missing permission of Stripe's key is named, before the preview and after the act", async () => {
    const { id } = await bought("premium-lifetime");
    const all = permissionsFor(WORKER_CALLS);
    const browserWithout = async (missing: string) => {
      const { key } = await control("keys", { permissions: all.filter((one) => one !== missing) });
      return signedIn(["owner"], { ...shopEnv, STRIPE_SECRET_KEY: String(key) });
    };
    const path = `/admin/licenses/${id}/refund`;
    const refused = await send(await browserWithout("invoice_write"), path, { reason: "r" });
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining("Invoices: write")]);
    expect(await env.DB.prepare("SELECT admin_state FROM licenses WHERE id = ?").bind(id).first("admin_state")).toBe(
      "none",
    );
    expectLogged("request.failed");
    expectLogged("stripe.key_refused");
    const reader = await control("keys", {
      permissions: all.map((one) => (one === "charge_write" ? "charge_read" : one)),
    });
    const browser = await signedIn(["owner"], { ...shopEnv, STRIPE_SECRET_KEY: String(reader["key"]) });
    const { response } = await act(browser, path, { reason: "r" });
    expect([response.status, await response.text()]).toEqual([
      503,
      expect.stringContaining("Charges and Refunds: write"),
    ]);
    expectLogged("stripe.key_refused");
  });

  it("a license issued by an admin has no link to it, and the act is refused", async () => {
    const { id } = await issueLicense();
    const browser = await signedIn(["owner"], shopEnv);
    expect(await read(browser, `/admin/licenses/${id}`)).not.toContain(`/admin/licenses/${id}/refund`);
    expect((await send(browser, `/admin/licenses/${id}/refund`, { reason: "r" })).status).toBe(409);
    expect(await env.DB.prepare("SELECT admin_state FROM licenses").first("admin_state")).toBe("none");
  });
});

describe("revoke in the console", () => {
  const subscriptionOf = async (sessionId: string) => {
    const { subscription } = await stripe.checkout.sessions.retrieve(sessionId);
    return stripe.subscriptions.retrieve(String(subscription));
  };

  it("offers to cancel the subscription, and does so after the preview", async () => {
    const { id, checkout } = await bought("premium-monthly");
    const browser = await signedIn(["licenses:write", "audit:read"], shopEnv);
    const path = `/admin/licenses/${id}/revoke`;
    const form = await read(browser, path);
    expect(form).toMatch(/name="cancel_subscription" value="yes" checked/);
    const { preview } = await act(browser, path, { reason: "fraud", cancel_subscription: "yes" });
    expect(preview).toContain("Its subscription is canceled at Stripe at once, without a refund.");
    expect((await subscriptionOf(checkout.sessionId)).status).toBe("canceled");
    expect(await read(browser, `/admin/licenses/${id}`)).toContain("Subscription canceled at Stripe");
  });

  it("without the box says what goes on being charged, and offers it again", async () => {
    const { id, checkout } = await bought("premium-monthly");
    const browser = await signedIn(["licenses:write"], shopEnv);
    const path = `/admin/licenses/${id}/revoke`;
    const { preview } = await act(browser, path, { reason: "fraud" });
    expect(preview).toMatch(/Its subscription continues and is billed\. The next charge is \$99 on/);
    expect((await subscriptionOf(checkout.sessionId)).status).toBe("trialing");
    expect(await read(browser, `/admin/licenses/${id}`)).toContain(path);
  });
});
