import { afterAll, describe, expect, test } from "vitest";
import { buy, priceOf, startBench, subscribe } from "./harness.ts";

const bench = await startBench();
afterAll(() => bench.close());
const { stripe } = bench;

const automatic_tax = { enabled: true } as const;
const lastInvoice = async (subscription: string) => {
  const { data } = await stripe.invoices.list({ subscription });
  const [invoice] = data;
  if (!invoice) throw new Error("no invoice");
  return invoice;
};

describe("an invoice", () => {
  test("has a number and a page once it is finalized, and none as a draft", async () => {
    const { id, items, created } = await subscribe(bench);
    const first = await lastInvoice(id);
    expect(first.number).toMatch(/^[A-Z0-9]{7}-0001$/);
    expect(first.hosted_invoice_url).toBe(`${bench.standIn.apiBase}/i/${first.id}`);
    const page = await fetch(first.hosted_invoice_url ?? "");
    expect(await page.text()).toContain(first.number ?? "none");
    const period = (items.data[0]?.current_period_end ?? created) - created;
    await bench.control("clock/advance", { seconds: period + 60 });
    const draft = await lastInvoice(id);
    expect(draft).toMatchObject({ status: "draft", number: null, hosted_invoice_url: null, invoice_pdf: null });
    await bench.control("clock/advance", { seconds: 7_200 });
    expect((await stripe.invoices.retrieve(draft.id)).number).toMatch(/-0002$/);
  });

  test("of a renewal looks back one period, and its line has the period that is paid", async () => {
    const subscription = await subscribe(bench);
    const before = subscription.items.data[0];
    await bench.control("clock/advance", { days: 31 });
    const invoice = await lastInvoice(subscription.id);
    expect(invoice).toMatchObject({
      billing_reason: "subscription_cycle",
      period_start: before?.current_period_start,
      period_end: before?.current_period_end,
    });
    expect(invoice.lines.data[0]?.period.start).toBe(before?.current_period_end);
  });

  test("of a one-time purchase names the discount and the tax", async () => {
    await bench.control("tax", { percent: 21 });
    const { id, url } = await stripe.checkout.sessions.create({
      mode: "payment",
      line_items: [{ price: await priceOf(bench, "premium-lifetime"), quantity: 25 }],
      success_url: "https://catalog.test/",
      allow_promotion_codes: true,
      automatic_tax,
      customer_creation: "always",
      invoice_creation: { enabled: true },
    });
    await bench.submit(url ?? "", { email: "a@example.com", promotion_code: "RBEE20" });
    await bench.control("tax", { percent: 0 });
    const session = await stripe.checkout.sessions.retrieve(id);
    expect(session).toMatchObject({ amount_subtotal: 27_900, amount_total: 27_007, payment_status: "paid" });
    expect(session.total_details).toMatchObject({ amount_discount: 5_580, amount_tax: 4_687 });
    const invoice = await stripe.invoices.retrieve(String(session.invoice));
    expect(invoice).toMatchObject({
      billing_reason: "manual",
      subtotal: 27_900,
      total_excluding_tax: 22_320,
      total: 27_007,
      amount_paid: 27_007,
      total_discount_amounts: [{ amount: 5_580 }],
      total_taxes: [{ amount: 4_687, tax_behavior: "exclusive", taxable_amount: 22_320 }],
    });
  });

  test("contains the tax that its price includes", async () => {
    const price = await stripe.prices.create({
      product: "rbee_premium-lifetime",
      currency: "eur",
      unit_amount: 12_100,
      tax_behavior: "inclusive",
    });
    await bench.control("tax", { percent: 21 });
    const { id, url } = await stripe.checkout.sessions.create({
      mode: "payment",
      line_items: [{ price: price.id }],
      success_url: "https://catalog.test/",
      automatic_tax,
    });
    await bench.submit(url ?? "", { email: "a@example.com" });
    await bench.control("tax", { percent: 0 });
    expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({
      amount_subtotal: 12_100,
      amount_total: 12_100,
      total_details: { amount_tax: 2_100 },
    });
  });
});

describe("a preview", () => {
  test("is the invoice of the next period, with its tax, and is not stored", async () => {
    await bench.control("tax", { percent: 10 });
    const session = await buy(bench, "premium-monthly", { automatic_tax, quantity: 10 });
    const id = String(session.subscription);
    const preview = await stripe.invoices.createPreview({ subscription: id });
    const subscription = await stripe.subscriptions.retrieve(id);
    expect(preview).toMatchObject({
      status: "draft",
      billing_reason: "subscription_cycle",
      created: subscription.items.data[0]?.current_period_end,
      subtotal: 19_800,
      total: 21_780,
      amount_due: 21_780,
      total_taxes: [{ amount: 1_980 }],
    });
    expect(preview.id).toMatch(/^upcoming_in_/);
    await expect(stripe.invoices.retrieve(preview.id)).rejects.toMatchObject({ code: "resource_missing" });
    await bench.control("clock/advance", { days: 32 });
    await bench.control("tax", { percent: 0 });
    expect(await lastInvoice(id)).toMatchObject({ total: 21_780, status: "paid" });
  });

  test("of a trial is its first charge", async () => {
    const { id, trial_end } = await subscribe(bench, 14);
    expect(await stripe.invoices.createPreview({ subscription: id })).toMatchObject({
      created: trial_end,
      amount_due: 9_900,
    });
  });

  test("shows a change, or the credit of a cancellation, and changes nothing", async () => {
    const subscription = await subscribe(bench);
    const [item] = subscription.items.data;
    const more = await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: { items: [{ id: item?.id ?? "", quantity: 10 }], proration_behavior: "always_invoice" },
    });
    expect(more).toMatchObject({ billing_reason: "subscription_update", amount_due: 9_900 });
    expect(more.lines.data.map(({ amount }) => amount)).toEqual([-9_900, 19_800]);
    const end = await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: { cancel_now: true },
    });
    expect(end).toMatchObject({ total: -9_900, amount_due: 0, ending_balance: -9_900 });
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      status: "active",
      items: { data: [{ quantity: 5 }] },
    });
    expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(1);
  });

  test("is refused if nothing will be billed, and without a subscription", async () => {
    const { id, customer } = await subscribe(bench);
    await bench.control(`subscriptions/${id}/cancel`, { at_period_end: true });
    const none = { code: "invoice_upcoming_none" };
    await expect(stripe.invoices.createPreview({ subscription: id })).rejects.toMatchObject(none);
    await bench.control(`subscriptions/${id}/cancel`, {});
    await expect(stripe.invoices.createPreview({ subscription: id })).rejects.toMatchObject(none);
    await expect(stripe.invoices.createPreview({ customer: String(customer) })).rejects.toThrow("at least one of");
  });
});
