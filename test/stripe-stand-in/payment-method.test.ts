import type Stripe from "stripe";
import { afterAll, describe, expect, test } from "vitest";
import { buy, openSession, priceOf, startBench, subscribe, subscriptionOf } from "./harness.ts";

const bench = await startBench();
afterAll(() => bench.close());
const { stripe, control } = bench;

const trial = { subscription_data: { trial_period_days: 14 } } as const;

/** Starts a trial on the pay page and returns its card's fingerprint. */
async function trialCard(fields: Record<string, string>): Promise<string | null | undefined> {
  const session = await openSession(bench, "premium-monthly", trial);
  await bench.submit(session.url ?? "", fields);
  const { subscription } = await stripe.checkout.sessions.retrieve(session.id);
  const { default_payment_method: method } = await stripe.subscriptions.retrieve(String(subscription), {
    expand: ["default_payment_method"],
  });
  return typeof method === "object" ? method?.card?.fingerprint : undefined;
}

describe("a payment method", () => {
  test("has the fingerprint of the card's number, whoever pays; without a number each address has its own", async () => {
    const ada = await trialCard({ email: "ada@example.com", card: "4000 0566 5566 5556" });
    const eve = await trialCard({ email: "eve@example.com", card: "4000056655665556" });
    expect(ada).toMatch(/^[A-Za-z0-9]{16}$/);
    expect(eve).toBe(ada);
    const own = await Promise.all(["ada@example.com", "eve@example.com"].map((email) => trialCard({ email })));
    expect(new Set([ada, ...own]).size).toBe(3);
  });

  test("is on the charge of a sale and of each renewal", async () => {
    const session = await buy(bench, "premium-monthly");
    await control("clock/advance", { days: 32 });
    const { data } = await stripe.charges.list({ customer: String(session.customer) });
    expect(data).toHaveLength(2);
    const [last, first] = data.map(({ payment_method_details: details }) => details?.card?.fingerprint);
    expect(last).toBe(first);
    const methods = await stripe.customers.listPaymentMethods(String(session.customer));
    expect(methods.data.map(({ card }) => card?.fingerprint)).toEqual([first]);
  });

  test("can be a bank account", async () => {
    const session = await openSession(bench, "premium-lifetime");
    await control(`payments/${session.id}/pay`, { method: "delayed" });
    const { payment_intent } = await stripe.checkout.sessions.retrieve(session.id);
    const { data } = await stripe.charges.list({ payment_intent: String(payment_intent) });
    expect(data[0]?.payment_method_details).toMatchObject({ type: "sepa_debit", sepa_debit: { last4: "3000" } });
  });
});

describe("a trial without a card", () => {
  const begin = async (missing_payment_method: "pause" | "cancel" | "create_invoice"): Promise<Stripe.Subscription> =>
    subscriptionOf(
      bench,
      await buy(bench, "premium-monthly", {
        payment_method_collection: "if_required",
        subscription_data: { trial_period_days: 14, trial_settings: { end_behavior: { missing_payment_method } } },
      }),
    );

  test.each([
    ["pause", "paused"],
    ["cancel", "canceled"],
    ["create_invoice", "past_due"],
  ] as const)("that asked to %s is then %s", async (behavior, status) => {
    const { id, default_payment_method } = await begin(behavior);
    expect(default_payment_method).toBeNull();
    await control("clock/advance", { days: 15 });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe(status);
  });

  test("resumes once there is a card, with a period that begins and is paid then", async () => {
    const { id, customer } = await begin("pause");
    await control("clock/advance", { days: 20 });
    await expect(stripe.subscriptions.resume(id)).rejects.toMatchObject({ code: "card_declined" });
    const portal = await stripe.billingPortal.sessions.create({ customer: String(customer) });
    await bench.submit(portal.url, { action: "payment_method" });
    await stripe.subscriptions.resume(id);
    const resumed = await stripe.subscriptions.retrieve(id);
    expect(resumed).toMatchObject({ status: "active" });
    expect(resumed.items.data[0]?.current_period_start).toBeGreaterThan(resumed.trial_end ?? 0);
    const { data } = await stripe.invoices.list({ subscription: id, status: "paid" });
    expect(data[0]).toMatchObject({ amount_paid: 9_900 });
  });
});

describe("a trial that is ended now", () => {
  test("is paid at once, and its month begins", async () => {
    const { id } = await subscribe(bench, 14);
    const ended = await stripe.subscriptions.update(id, { trial_end: "now" });
    expect(ended.status).toBe("active");
    expect(ended.trial_end).toBe(ended.items.data[0]?.current_period_start);
    const { data } = await stripe.invoices.list({ subscription: id });
    expect(data.map(({ billing_reason, amount_paid }) => [billing_reason, amount_paid])).toEqual([
      ["subscription_update", 9_900],
      ["subscription_create", 0],
    ]);
    await expect(stripe.subscriptions.update(id, { trial_end: "now" })).rejects.toThrow("not in a trial");
  });

  test("is past due if the card is declined", async () => {
    const { id } = await subscribe(bench, 14);
    await control("cards/fail-next", {});
    expect((await stripe.subscriptions.update(id, { trial_end: "now" })).status).toBe("past_due");
  });
});

describe("a cancellation with prorations", () => {
  test("credits the unused time to the customer at once", async () => {
    const { id, customer } = await subscribe(bench, 0, 10);
    await stripe.subscriptions.cancel(id, { prorate: true, invoice_now: true });
    expect(await stripe.customers.retrieve(String(customer))).toMatchObject({ balance: -19_800 });
    const { data } = await stripe.invoices.list({ subscription: id });
    expect(data[0]).toMatchObject({ total: -19_800, amount_due: 0, status: "paid", ending_balance: -19_800 });
  });

  test("without an invoice leaves the credit pending, and a plain one credits nothing", async () => {
    for (const params of [{ prorate: true }, {}]) {
      const { id, customer } = await subscribe(bench);
      await stripe.subscriptions.cancel(id, params);
      expect(await stripe.customers.retrieve(String(customer))).toMatchObject({ balance: 0 });
      expect((await stripe.invoices.list({ subscription: id })).data).toHaveLength(1);
    }
  });
});

describe("a price in several currencies", () => {
  test("is charged in the currency of the session, and its options are shown only on request", async () => {
    const price = await priceOf(bench, "premium-monthly");
    await stripe.prices.update(price, {
      currency_options: { eur: { unit_amount: 8_900 }, jpy: { unit_amount: 15_000 } },
    });
    expect((await stripe.prices.retrieve(price)).currency_options).toBeUndefined();
    const shown = await stripe.prices.retrieve(price, { expand: ["currency_options"] });
    expect(Object.entries(shown.currency_options ?? {}).map(([name, each]) => [name, each.unit_amount])).toEqual(
      expect.arrayContaining([
        ["eur", 8_900],
        ["jpy", 15_000],
        ["usd", 9_900],
      ]),
    );
    const session = await openSession(bench, "premium-monthly", { currency: "eur", quantity: 10 });
    expect(session).toMatchObject({ currency: "eur", amount_subtotal: 17_800 });
    const chosen = await openSession(bench, "premium-monthly");
    expect(await (await fetch(chosen.url ?? "")).text()).toContain('<option value="jpy">');
    await bench.submit(chosen.url ?? "", { email: "a@example.com", currency: "jpy" });
    const paid = await stripe.checkout.sessions.retrieve(chosen.id, { expand: ["line_items"] });
    expect(paid).toMatchObject({ currency: "jpy", amount_total: 15_000 });
    expect(paid.line_items?.data[0]).toMatchObject({ currency: "jpy", price: { currency: "usd", unit_amount: 9_900 } });
    const subscription = await subscriptionOf(bench, paid);
    expect(subscription.currency).toBe("jpy");
    expect(await stripe.invoices.createPreview({ subscription: subscription.id })).toMatchObject({
      currency: "jpy",
      total: 15_000,
    });
    const other = openSession(bench, "premium-lifetime", { currency: "jpy" });
    await expect(other).rejects.toThrow("only supports `eur`");
  });
});
