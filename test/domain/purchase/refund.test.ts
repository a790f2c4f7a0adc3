import { describe, expect, it, vi } from "vitest";
import { codeOf } from "../../support/admin-request.ts";
import { count, ownerToken } from "../../support/license-fixture.ts";
import { openShop } from "../../support/shop.ts";

const { ask, bought, control, deserted, shopEnv, stripe } = await openShop();

const realFetch = globalThis.fetch;

describe("a refund by an admin", () => {
  const refund = async (id: string, body: object = { reason: "asked for it" }, at: Env = shopEnv) =>
    ask("POST", `/v1/admin/licenses/${id}/refund`, {
      at,
      body,
      headers: { Authorization: `Bearer ${await ownerToken()}` },
    });

  it("revokes the license and refunds the whole payment, once", async () => {
    const checkout = await bought("premium-lifetime");
    const first = await refund(checkout.id);
    expect(await first.json()).toMatchObject({
      license: { status: "revoked", facts: { admin_state: "revoked", refund_state: "full" } },
      refund: { amount: 27_900, currency: "eur" },
    });
    expect(await (await refund(checkout.id)).json()).toMatchObject({ refund: { amount: 0 } });
    const { payment_intent } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    expect((await stripe.refunds.list({ payment_intent: String(payment_intent) })).data).toHaveLength(1);
    expect(await count("audit", "action = 'license.refunded' AND details LIKE '%27900%'")).toBe(1);
    expect(await count("audit", "action = 'license.refund' AND reason = 'asked for it'")).toBe(2);
  });

  it("that Stripe refuses still ends the subscription, and gives the reason", async () => {
    const checkout = await bought("premium-monthly");
    await control("clock/advance", { days: 15 });
    const refused = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const request = new Request(input, init);
      if (request.method !== "POST" || !request.url.endsWith("/v1/refunds")) return realFetch(request);
      const error = { type: "invalid_request_error", code: "charge_disputed", message: "The charge is disputed." };
      return Response.json({ error }, { status: 400 });
    });
    // Bindings of its own, so that the SDK is made anew and meets the refusal.
    const response = await refund(checkout.id, { reason: "asked for it" }, { ...shopEnv });
    refused.mockRestore();
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      code: "CONFLICT",
      detail: expect.stringMatching(/^The license is revoked\..*disputed/),
    });
    const { subscription } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    expect((await stripe.subscriptions.retrieve(String(subscription))).status).toBe("canceled");
  });

  it("of a disputed payment is refused before anything changes, and is possible once the dispute is won", async () => {
    const checkout = await bought("premium-lifetime");
    const { id } = await control("disputes", { session: checkout.sessionId });
    const refused = await refund(checkout.id);
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({
      detail: expect.stringMatching(/^The last payment of €279 is disputed.*Nothing was changed/),
    });
    expect(await count("licenses", "admin_state = 'revoked'")).toBe(0);
    await control(`disputes/${id}/close`, { status: "won" });
    expect(await (await refund(checkout.id)).json()).toMatchObject({ refund: { amount: 27_900 } });
  });

  it("of a payment outside Stripe is refused in these words, and nothing changes", async () => {
    const checkout = await bought("premium-monthly");
    await control(`subscriptions/${checkout.sessionId}/fail-renewal`);
    await control(`invoices/${checkout.sessionId}/pay-out-of-band`);
    const refused = await refund(checkout.id);
    expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining("was made outside Stripe")]);
    expect(await count("licenses", "admin_state = 'revoked'")).toBe(0);
    const { subscription } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    expect((await stripe.subscriptions.retrieve(String(subscription))).status).toBe("active");
  });

  it("of a subscription gives back the payment of the last paid invoice, not of one that failed later", async () => {
    const checkout = await bought("premium-monthly");
    await control("clock/advance", { days: 15 });
    await control(`subscriptions/${checkout.sessionId}/fail-renewal`);
    expect(await (await refund(checkout.id)).json()).toMatchObject({ refund: { amount: 9900, currency: "usd" } });
    const { subscription } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    expect((await stripe.subscriptions.retrieve(String(subscription))).status).toBe("canceled");
  });

  it("ends a subscription in its trial, with nothing to refund", async () => {
    const checkout = await bought("premium-monthly");
    expect(await (await refund(checkout.id)).json()).toMatchObject({ refund: { amount: 0 } });
    const { subscription } = await stripe.checkout.sessions.retrieve(checkout.sessionId);
    expect((await stripe.subscriptions.retrieve(String(subscription))).status).toBe("canceled");
  });

  it("while Stripe does not answer revokes the license, says so, and completes when it is repeated", async () => {
    const checkout = await bought("premium-lifetime");
    const response = await refund(checkout.id, { reason: "r" }, deserted);
    expect([response.status, response.headers.get("Retry-After")]).toEqual([503, "30"]);
    expect(await response.json()).toMatchObject({ detail: expect.stringMatching(/^The license is revoked\./) });
    expect(await count("licenses", "admin_state = 'revoked'")).toBe(1);
    expect(await (await refund(checkout.id)).json()).toMatchObject({ refund: { amount: 27_900 } });
  });

  it("requires a reason, and a license that was bought", async () => {
    const checkout = await bought("premium-lifetime");
    expect(await codeOf(await refund(checkout.id, {}))).toBe("VALIDATION_FAILED");
    expect(await codeOf(await refund("lic_nothing"))).toBe("LICENSE_NOT_FOUND");
  });
});
