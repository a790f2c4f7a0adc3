import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bench, buy, startBench, stripeFor } from "./harness.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

/** A client with a restricted key that has only these permissions. */
async function clientWith(...permissions: string[]): Promise<Stripe> {
  const { key } = await bench.control<{ key: string }>("keys", { permissions });
  return stripeFor(bench.standIn.apiBase, key);
}

const errorOf = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => null,
    (error: unknown) => error,
  );

describe("a restricted key", () => {
  it("is refused as Stripe refuses it: 403, with the permission and without the key", async () => {
    const stripe = await clientWith("plan_read");
    const error = await errorOf(stripe.customers.del("cus_1"));
    expect(error).toBeInstanceOf(Stripe.errors.StripePermissionError);
    expect(error).toMatchObject({ statusCode: 403, rawType: "invalid_request_error", code: undefined });
    expect(String(error)).toMatch(
      /The provided key 'rk_test_\*+\w{6}' does not have the required permissions for this endpoint on account 'acct_\w+'\. Having the 'rak_customer_write' permission would allow this request to continue\./,
    );
  });

  it("that may write may read, and not the other way round", async () => {
    expect((await (await clientWith("plan_write")).prices.list()).data.length).toBeGreaterThan(0);
    const reader = await clientWith("product_read");
    expect((await reader.products.list()).data.length).toBeGreaterThan(0);
    expect(await errorOf(reader.products.create({ name: "x" }))).toBeInstanceOf(Stripe.errors.StripePermissionError);
  });

  it("is checked before the object and the parameters", async () => {
    const stripe = await clientWith("plan_read");
    expect(String(await errorOf(stripe.refunds.create({ charge: "ch_none" })))).toContain("rak_charge_write");
    const allowed = await clientWith("charge_write");
    expect(await errorOf(allowed.refunds.create({ charge: "ch_none" }))).toMatchObject({ code: "resource_missing" });
  });

  it("needs the permission of each object that a request expands", async () => {
    const session = await buy(bench, "premium-lifetime");
    const intent = String(session.payment_intent);
    const stripe = await clientWith("payment_intent_read");
    expect((await stripe.paymentIntents.retrieve(intent)).id).toBe(intent);
    const error = await errorOf(stripe.paymentIntents.retrieve(intent, { expand: ["latest_charge"] }));
    expect(String(error)).toContain("rak_charge_read");
  });

  it("that nobody made is unknown", async () => {
    const error = await errorOf(stripeFor(bench.standIn.apiBase, "rk_test_none").prices.list());
    expect(error).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
  });
});

describe("a webhook endpoint of the API", () => {
  it("shows its secret once", async () => {
    const { id, secret } = await bench.stripe.webhookEndpoints.create({
      url: "https://a.test/",
      enabled_events: ["*"],
    });
    expect(secret).toMatch(/^whsec_/);
    expect((await bench.stripe.webhookEndpoints.retrieve(id)).secret).toBeUndefined();
    const listed = (await bench.stripe.webhookEndpoints.list()).data.find((each) => each.id === id);
    expect([listed?.url, listed?.secret]).toEqual(["https://a.test/", undefined]);
    expect(await bench.stripe.webhookEndpoints.del(id)).toMatchObject({ id, deleted: true });
    expect(await errorOf(bench.stripe.webhookEndpoints.retrieve(id))).toMatchObject({ code: "resource_missing" });
  });

  it("cannot change its API version, and needs a URL", async () => {
    const { id } = await bench.stripe.webhookEndpoints.create({ url: "https://b.test/", enabled_events: ["*"] });
    // The SDK's types have no such parameter either.
    const change = bench.stripe.rawRequest("POST", `/v1/webhook_endpoints/${id}`, { api_version: "2024-06-20" });
    expect(await errorOf(change)).toMatchObject({ code: "parameter_unknown" });
    const nowhere = bench.stripe.webhookEndpoints.create({ url: "nowhere", enabled_events: ["*"] });
    expect(await errorOf(nowhere)).toMatchObject({ code: "url_invalid" });
  });
});

describe("a portal configuration of the API", () => {
  it("is used by the sessions that name it, and never becomes the default", async () => {
    const made = await bench.stripe.billingPortal.configurations.create({
      features: { invoice_history: { enabled: true } },
      metadata: { by: "test" },
    });
    expect(made).toMatchObject({ is_default: false, features: { subscription_cancel: { enabled: false } } });
    const { id: customer } = await bench.stripe.customers.create({ email: "ada@example.com" });
    const named = await bench.stripe.billingPortal.sessions.create({ customer, configuration: made.id });
    const plain = await bench.stripe.billingPortal.sessions.create({ customer });
    expect([named.configuration, plain.configuration]).toEqual([made.id, "bpc_default"]);
  });
});
