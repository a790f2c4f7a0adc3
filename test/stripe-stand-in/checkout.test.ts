import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { buy, openSession, priceOf, startBench } from "./harness.ts";

const bench = await startBench();
afterAll(() => bench.close());
beforeEach(() => {
  bench.endpoint.events.length = 0;
});

test("a new account has the prices of the plans, with lookup keys and products", async () => {
  const { data } = await bench.stripe.prices.list({
    lookup_keys: ["premium-monthly", "premium-lifetime"],
    expand: ["data.product"],
  });
  expect(data).toHaveLength(2);
  expect(data.find((price) => price.lookup_key === "premium-monthly")).toMatchObject({
    currency: "usd",
    unit_amount: 9900,
    recurring: { interval: "month" },
    transform_quantity: { divide_by: 5, round: "up" },
    product: { object: "product", name: "Premium, monthly" },
  });
});

describe("the pay page", () => {
  test("takes a one-time payment and redirects the buyer", async () => {
    const session = await openSession(bench, "premium-lifetime", { quantity: 25, customer_creation: "always" });
    expect(session).toMatchObject({ status: "open", payment_status: "unpaid", amount_total: 27900, livemode: false });
    expect(await (await fetch(session.url ?? "")).text()).toContain("€279");

    const paid = await bench.submit(session.url ?? "", { email: "buyer@example.com", action: "pay" });
    expect(paid.status).toBe(303);
    expect(paid.headers.get("location")).toBe(`https://catalog.test/success?id=${session.id}`);

    const after = await bench.stripe.checkout.sessions.retrieve(session.id, {
      expand: ["line_items.data.price.product", "payment_intent.latest_charge", "customer"],
    });
    expect(after).toMatchObject({
      status: "complete",
      payment_status: "paid",
      url: null,
      customer_details: { email: "buyer@example.com" },
      customer: { object: "customer", email: "buyer@example.com" },
      line_items: {
        data: [
          {
            quantity: 25,
            amount_subtotal: 27900,
            price: { lookup_key: "premium-lifetime", product: { active: true } },
          },
        ],
      },
      payment_intent: { status: "succeeded", latest_charge: { object: "charge", amount_refunded: 0, paid: true } },
    });
    // The endpoint verified the event with the SDK before the buyer was redirected.
    const completed = bench.endpoint.events.find((event) => event.type === "checkout.session.completed");
    expect(completed?.data.object).toMatchObject({ id: session.id, payment_status: "paid" });
  });

  test("keeps the session open after a declined card", async () => {
    const session = await openSession(bench, "premium-lifetime");
    const declined = await bench.submit(session.url ?? "", { email: "buyer@example.com", action: "decline" });
    expect(declined.status).toBe(402);
    expect(await declined.text()).toContain("Your card was declined.");
    expect(bench.endpoint.types()).toEqual([
      "payment_intent.created",
      "charge.failed",
      "payment_intent.payment_failed",
    ]);
    expect((await bench.stripe.checkout.sessions.retrieve(session.id)).status).toBe("open");
    const paid = await bench.submit(session.url ?? "", { email: "buyer@example.com", action: "pay" });
    expect(paid.status).toBe(303);
  });

  test("refuses an invalid email address", async () => {
    const session = await openSession(bench, "premium-lifetime");
    expect((await bench.submit(session.url ?? "", { email: "nobody", action: "pay" })).status).toBe(422);
  });

  test("escapes the buyer's input", async () => {
    const session = await openSession(bench, "premium-lifetime");
    const answer = await bench.submit(session.url ?? "", { email: '"><script>1</script>', action: "pay" });
    expect(await answer.text()).not.toContain("<script>");
  });

  test("cannot be paid twice", async () => {
    const session = await openSession(bench, "premium-lifetime");
    const fields = { email: "twice@example.com", action: "pay" };
    const answers = await Promise.all([
      bench.submit(session.url ?? "", fields),
      bench.submit(session.url ?? "", fields),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 410]);
    expect(bench.endpoint.types().filter((type) => type === "checkout.session.completed")).toHaveLength(1);
  });

  test("subtracts a promotion code from the total, not from the subtotal", async () => {
    const session = await openSession(bench, "premium-lifetime", { allow_promotion_codes: true });
    const wrong = await bench.submit(session.url ?? "", {
      email: "a@b.example",
      promotion_code: "NONE",
      action: "pay",
    });
    expect(wrong.status).toBe(402);
    await bench.submit(session.url ?? "", { email: "a@b.example", promotion_code: "rbee20", action: "pay" });
    expect(await bench.stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
      amount_subtotal: 27900,
      amount_total: 22320,
      total_details: { amount_discount: 5580 },
      discounts: [{ promotion_code: "promo_rbee20" }],
    });
  });

  test("completes the session unpaid for a delayed payment, until it succeeds or fails", async () => {
    for (const [call, expected] of [
      ["succeed", { payment_status: "paid", type: "checkout.session.async_payment_succeeded", intent: "succeeded" }],
      [
        "fail",
        { payment_status: "unpaid", type: "checkout.session.async_payment_failed", intent: "requires_payment_method" },
      ],
    ] as const) {
      const session = await openSession(bench, "premium-lifetime");
      await bench.submit(session.url ?? "", { email: "slow@example.com", action: "delayed" });
      const waiting = await bench.stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent"] });
      expect(waiting).toMatchObject({
        status: "complete",
        payment_status: "unpaid",
        payment_intent: { status: "processing" },
      });
      await bench.control(`payments/${session.id}/${call}`, {});
      const after = await bench.stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent"] });
      expect(after).toMatchObject({
        payment_status: expected.payment_status,
        payment_intent: { status: expected.intent },
      });
      expect(bench.endpoint.types()).toContain(expected.type);
      await expect(bench.control(`payments/${session.id}/${call}`, {})).rejects.toThrow(
        "does not wait for a delayed payment",
      );
    }
  });
});

describe("checkout sessions", () => {
  test("cost nothing at the start of a trial", async () => {
    const { id } = await buy(bench, "premium-monthly", {
      quantity: 6,
      subscription_data: { trial_period_days: 14, metadata: { plan: "premium-monthly" } },
    });
    expect(await bench.stripe.checkout.sessions.retrieve(id, { expand: ["subscription", "invoice"] })).toMatchObject({
      payment_status: "no_payment_required",
      amount_total: 0,
      payment_intent: null,
      subscription: { status: "trialing", metadata: { plan: "premium-monthly" }, items: { data: [{ quantity: 6 }] } },
      invoice: { status: "paid", amount_due: 0 },
    });
  });

  test("cost the same for six and ten machines, because the price is for packages of five", async () => {
    const session = await buy(bench, "premium-monthly", { quantity: 6 });
    expect(session).toMatchObject({ amount_subtotal: 19800, payment_status: "paid" });
    const { data } = await bench.stripe.checkout.sessions.listLineItems(session.id);
    expect(data).toMatchObject([{ quantity: 6, amount_total: 19800 }]);
  });

  test("make an invoice for a one-time payment with invoice_creation", async () => {
    const bought = await buy(bench, "premium-lifetime", {
      customer_creation: "always",
      invoice_creation: { enabled: true },
    });
    const session = await bench.stripe.checkout.sessions.retrieve(bought.id, { expand: ["invoice", "payment_intent"] });
    expect(session).toMatchObject({
      invoice: { status: "paid", parent: null },
      payment_intent: { status: "succeeded" },
    });
  });

  test("can be listed by customer, payment, subscription and status", async () => {
    const session = await buy(bench, "premium-monthly");
    const { stripe } = bench;
    if (typeof session.subscription !== "string" || typeof session.customer !== "string")
      throw new Error("nothing bought");
    const bySubscription = await stripe.checkout.sessions.list({ subscription: session.subscription });
    const byCustomer = await stripe.checkout.sessions.list({ customer: session.customer, status: "complete" });
    expect([bySubscription, byCustomer].map(({ data }) => data.map(({ id }) => id))).toEqual([
      [session.id],
      [session.id],
    ]);
    expect((await stripe.checkout.sessions.list({ payment_intent: "pi_none" })).data).toEqual([]);
  });

  test("expire on request, and by themselves after a day", async () => {
    const told = await openSession(bench, "premium-lifetime");
    expect((await bench.stripe.checkout.sessions.expire(told.id)).status).toBe("expired");
    await expect(bench.stripe.checkout.sessions.expire(told.id)).rejects.toMatchObject({ statusCode: 400 });
    const left = await openSession(bench, "premium-lifetime");
    await bench.control("clock/advance", { seconds: 86_400 });
    expect((await bench.stripe.checkout.sessions.retrieve(left.id)).status).toBe("expired");
    const expired = bench.endpoint.events.map(({ data }) => Reflect.get(data.object, "id"));
    expect(expired).toEqual(expect.arrayContaining([told.id, left.id]));
    expect((await fetch(told.url ?? "")).status).toBe(410);
  });

  test.each([
    ["a recurring price in payment mode", { mode: "payment" as const }, "payment"],
    ["trial days for what is no subscription", { mode: "payment" as const, subscription_data: {} }, "payment"],
    ["customer_creation with a subscription", { customer_creation: "always" as const }, "customer_creation"],
    ["a customer and an address", { customer: "cus_1", customer_email: "a@b.example" }, "customer_email"],
  ])("refuse %s", async (_, params, message) => {
    const price = await priceOf(bench, "premium-monthly");
    const create = bench.stripe.checkout.sessions.create({
      mode: "subscription",
      line_items: [{ price, quantity: 1 }],
      success_url: "https://catalog.test/",
      ...params,
    });
    await expect(create).rejects.toMatchObject({ statusCode: 400, message: expect.stringContaining(message) });
  });

  test("refuse an archived price, and the price of an archived product", async () => {
    const { id: product } = await bench.stripe.products.create({ name: "Old" });
    const price = await bench.stripe.prices.create({ product, currency: "eur", unit_amount: 100 });
    const create = () =>
      bench.stripe.checkout.sessions.create({
        mode: "payment",
        line_items: [{ price: price.id }],
        success_url: "https://catalog.test/",
      });
    await bench.stripe.products.update(product, { active: false });
    await expect(create()).rejects.toMatchObject({
      statusCode: 400,
      message: `Price \`${price.id}\` is not available to be purchased because its product is not active.`,
    });
    await bench.stripe.products.update(product, { active: true });
    expect((await create()).status).toBe("open");
    await bench.stripe.prices.update(price.id, { active: false });
    await expect(create()).rejects.toMatchObject({ statusCode: 400, message: expect.stringContaining("is inactive") });
  });
});
