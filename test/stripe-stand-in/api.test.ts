import Stripe from "stripe";
import { afterAll, describe, expect, test } from "vitest";
import { API_KEY, startBench, stripeFor } from "./harness.ts";

const bench = await startBench();
afterAll(() => bench.close());

/** Sends a request that the SDK's types do not allow. */
const raw = (path: string, body: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${bench.standIn.apiBase}${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${API_KEY}`, ...headers },
    body: new URLSearchParams(body),
  });

describe("the API refuses", () => {
  test("a wrong key, with 401", async () => {
    const stranger = stripeFor(bench.standIn.apiBase, "sk_test_other");
    await expect(stranger.prices.list()).rejects.toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
  });

  test.each([
    [{ name: "A", colour: "red" }, "parameter_unknown", "colour"],
    [{}, "parameter_missing", "name"],
    [{ name: "A", "metadata[a][b]": "c" }, undefined, "metadata"],
  ])("parameters %j: %s", async (body, code, param) => {
    const response = await raw("/v1/products", body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: "invalid_request_error", param: expect.stringContaining(param), ...(code ? { code } : {}) },
    });
  });

  test("unknown parameters inside a list, with their full name", async () => {
    const response = await raw("/v1/checkout/sessions", {
      mode: "payment",
      success_url: "https://catalog.test/",
      "line_items[0][price]": "price_x",
      "line_items[0][amount]": "100",
    });
    expect(await response.json()).toMatchObject({
      error: { code: "parameter_unknown", param: "line_items[0][amount]" },
    });
  });

  test("more than 20 event types, like Stripe", async () => {
    const types = Array.from({ length: 21 }, (_, n) => `type.${n}`);
    await expect(bench.stripe.events.list({ types })).rejects.toMatchObject({ statusCode: 400, param: "types" });
  });

  test("another version of the API", async () => {
    const response = await raw("/v1/products", { name: "A" }, { "Stripe-Version": "2020-08-27" });
    expect(response.status).toBe(400);
  });

  test("an unknown object: 404 in the path, 400 in a parameter", async () => {
    await expect(bench.stripe.prices.retrieve("price_none")).rejects.toMatchObject({
      statusCode: 404,
      code: "resource_missing",
    });
    const create = bench.stripe.checkout.sessions.create({
      mode: "payment",
      line_items: [{ price: "price_none", quantity: 1 }],
      success_url: "https://catalog.test/",
    });
    await expect(create).rejects.toMatchObject({
      statusCode: 400,
      code: "resource_missing",
      param: "line_items[0][price]",
    });
  });

  test("an expansion of an unknown field", async () => {
    await expect(bench.stripe.prices.list({ expand: ["data.nickname"] })).resolves.toBeDefined();
    await expect(bench.stripe.prices.list({ expand: ["data.nonsense"] })).rejects.toMatchObject({ statusCode: 400 });
  });

  test("a call that the stand-in does not have", async () => {
    await expect(bench.stripe.payouts.list()).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe("idempotency keys", () => {
  test("the same request is carried out once and gets the same answer", async () => {
    const options = { idempotencyKey: "once" };
    const first = await bench.stripe.products.create({ name: "Once" }, options);
    const second = await bench.stripe.products.create({ name: "Once" }, options);
    expect(second.id).toBe(first.id);
    expect(second.lastResponse.headers["idempotent-replayed"]).toBe("true");
  });

  test("another request under the same key is an error", async () => {
    await bench.stripe.products.create({ name: "One" }, { idempotencyKey: "key" });
    const other = bench.stripe.products.create({ name: "Two" }, { idempotencyKey: "key" });
    await expect(other).rejects.toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
  });

  test("a request with wrong parameters may be corrected and sent again", async () => {
    expect((await raw("/v1/products", { colour: "red" }, { "Idempotency-Key": "fix" })).status).toBe(400);
    expect((await raw("/v1/products", { name: "Red" }, { "Idempotency-Key": "fix" })).status).toBe(200);
  });
});

describe("the catalog of products and prices", () => {
  test("a list has pages in both directions, newest first, and the SDK iterates over them", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1)
      ids.push((await bench.stripe.customers.create({ email: `page${n}@example.com` })).id);
    const first = await bench.stripe.customers.list({ limit: 2 });
    expect(first.data.map(({ id }) => id)).toEqual([ids[4], ids[3]]);
    expect(first.has_more).toBe(true);
    const walked: string[] = [];
    for await (const { id } of bench.stripe.customers.list({ limit: 2 })) walked.push(id);
    expect(walked).toEqual(ids.toReversed());
    const back = await bench.stripe.customers.list({ limit: 2, ending_before: ids[1] ?? "" });
    expect(back.data.map(({ id }) => id)).toEqual([ids[3], ids[2]]);
  });

  test("a lookup key moves to a new price only with transfer_lookup_key", async () => {
    const product = await bench.stripe.products.create({ name: "Plan" });
    const price = { product: product.id, currency: "usd", unit_amount: 100, lookup_key: "moving" };
    const old = await bench.stripe.prices.create(price);
    await expect(bench.stripe.prices.create(price)).rejects.toMatchObject({ statusCode: 400 });
    const next = await bench.stripe.prices.create({ ...price, unit_amount: 200, transfer_lookup_key: true });
    const { data } = await bench.stripe.prices.list({ lookup_keys: ["moving"], expand: ["data.product"] });
    expect(data.map(({ id }) => id)).toEqual([next.id]);
    expect(data[0]?.product).toMatchObject({ id: product.id, name: "Plan" });
    expect((await bench.stripe.prices.retrieve(old.id)).lookup_key).toBeNull();
    expect((await bench.stripe.prices.update(old.id, { active: false })).active).toBe(false);
  });

  test("metadata is merged, and an empty value deletes its name", async () => {
    const { id } = await bench.stripe.products.create({ name: "Tagged", metadata: { a: "1", b: "2" } });
    const { metadata } = await bench.stripe.products.update(id, { metadata: { a: "", c: "3" } });
    expect(metadata).toEqual({ b: "2", c: "3" });
  });

  test("decimals are parsed by the SDK", async () => {
    const { data } = await bench.stripe.prices.list({ lookup_keys: ["premium-monthly"] });
    expect(String(data[0]?.unit_amount_decimal)).toBe("9900");
  });
});
