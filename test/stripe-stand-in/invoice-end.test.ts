import { afterAll, describe, expect, test } from "vitest";
import { buy, startBench, subscribe } from "./harness.ts";

const bench = await startBench();
afterAll(() => bench.close());
const { stripe, control, endpoint } = bench;

const lastInvoice = async (subscription: string) => {
  const { data } = await stripe.invoices.list({ subscription });
  const [invoice] = data;
  if (!invoice) throw new Error("no invoice");
  return invoice;
};

/** A subscription whose renewal has failed, with the open invoice. */
async function pastDue() {
  const { id } = await subscribe(bench);
  await control(`subscriptions/${id}/fail-renewal`, {});
  endpoint.events.length = 0;
  return { id, invoice: await lastInvoice(id) };
}
const statusOf = async (id: string): Promise<string> => (await stripe.subscriptions.retrieve(id)).status;

describe("an open invoice", () => {
  test("that is uncollectible says why, and makes its subscription active", async () => {
    const { id, invoice } = await pastDue();
    await control(`invoices/${id}/uncollectible`, {});
    const marked = await stripe.invoices.retrieve(invoice.id);
    expect(marked).toMatchObject({ status: "uncollectible", amount_remaining: 9_900, next_payment_attempt: null });
    expect(marked.status_details?.uncollectible?.reason).toBe("user_forgiven");
    expect(endpoint.types()).toEqual(["invoice.marked_uncollectible", "customer.subscription.updated"]);
    expect(await statusOf(id)).toBe("active");
    await control(`subscriptions/${id}/fix-card`, {});
    expect(await stripe.invoices.pay(invoice.id)).toMatchObject({ status: "paid", amount_paid: 9_900 });
  });

  test("that is voided cancels its payment; the invoice before it decides the subscription", async () => {
    const { id, invoice } = await pastDue();
    await control(`invoices/${id}/void`, {});
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: "void", amount_paid: 0 });
    expect(endpoint.types()).toEqual(["payment_intent.canceled", "invoice.voided", "customer.subscription.updated"]);
    expect(await statusOf(id)).toBe("active");
    await expect(stripe.invoices.voidInvoice(invoice.id)).rejects.toThrow("is void");
    await expect(stripe.invoices.markUncollectible(invoice.id)).rejects.toThrow("is void");
    await expect(stripe.invoices.pay(invoice.id)).rejects.toThrow("is void");
  });

  test("that is paid outside Stripe has a payment record and no charge", async () => {
    const { id, invoice } = await pastDue();
    await control(`invoices/${invoice.id}/pay-out-of-band`, {});
    expect(endpoint.types()).toEqual([
      "payment_intent.canceled",
      "invoice.paid",
      "invoice_payment.paid",
      "customer.subscription.updated",
    ]);
    const paid = await stripe.invoices.retrieve(invoice.id, { expand: ["payments", "amount_paid_off_stripe"] });
    expect(paid).toMatchObject({ status: "paid", amount_paid: 9_900, amount_paid_off_stripe: 9_900 });
    expect(paid.payments?.data.map(({ payment, status }) => [payment.type, status])).toEqual([
      ["payment_intent", "canceled"],
      ["payment_record", "paid"],
    ]);
    expect(await statusOf(id)).toBe("active");
  });
});

describe("a pause of the collection", () => {
  test.each([
    ["void", "void", null],
    ["mark_uncollectible", "uncollectible", "subscription_paused"],
    ["keep_as_draft", "draft", null],
  ] as const)("with %s leaves the status, and its invoices are %s", async (behavior, status, reason) => {
    const { id } = await subscribe(bench);
    await control(`subscriptions/${id}/pause-collection`, { behavior });
    await control("clock/advance", { days: 32 });
    const subscription = await stripe.subscriptions.retrieve(id);
    expect(subscription).toMatchObject({ status: "active", pause_collection: { behavior } });
    const invoice = await lastInvoice(id);
    expect([invoice.status, invoice.status_details?.uncollectible?.reason ?? null]).toEqual([status, reason]);
    await control(`subscriptions/${id}/resume-collection`, {});
    await control("clock/advance", { days: 31 });
    expect((await lastInvoice(id)).status).toBe("paid");
  });

  test("ends at its own time", async () => {
    const { id, created } = await subscribe(bench);
    await stripe.subscriptions.update(id, { pause_collection: { behavior: "void", resumes_at: created + 86_400 } });
    await control("clock/advance", { days: 2 });
    expect((await stripe.subscriptions.retrieve(id)).pause_collection).toBeNull();
  });
});

describe("a credit note", () => {
  test("on an open invoice makes the amount due smaller, and pays it when nothing is left", async () => {
    const { id, invoice } = await pastDue();
    const note = await stripe.creditNotes.create({ invoice: invoice.id, amount: 4_900, reason: "order_change" });
    expect(note).toMatchObject({
      type: "pre_payment",
      total: 4_900,
      status: "issued",
      number: `${invoice.number}-CN-01`,
    });
    const smaller = await stripe.invoices.retrieve(invoice.id);
    expect(smaller).toMatchObject({
      amount_due: 5_000,
      amount_remaining: 5_000,
      pre_payment_credit_notes_amount: 4_900,
    });
    await stripe.creditNotes.voidCreditNote(note.id);
    expect((await stripe.invoices.retrieve(invoice.id)).amount_due).toBe(9_900);
    await control(`invoices/${id}/credit-note`, {});
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: "paid", amount_paid: 0 });
    expect(endpoint.types()).toContain("credit_note.voided");
  });

  test("on a paid invoice refunds, credits, or counts what was paid back outside Stripe", async () => {
    const session = await buy(bench, "premium-monthly");
    const id = String(session.subscription);
    const invoice = await lastInvoice(id);
    const refunded = await stripe.creditNotes.create({ invoice: invoice.id, amount: 1_000, refund_amount: 1_000 });
    const [refund] = (await stripe.refunds.list()).data;
    expect(refunded).toMatchObject({ type: "post_payment", refunds: [{ refund: refund?.id, amount_refunded: 1_000 }] });
    await control(`invoices/${id}/credit-note`, { amount: 2_000, as: "credit" });
    expect(await stripe.customers.retrieve(String(session.customer))).toMatchObject({ balance: -2_000 });
    await control(`invoices/${id}/credit-note`, { as: "out_of_band" });
    const { data } = await stripe.creditNotes.list({ invoice: invoice.id });
    expect(data.map(({ amount, out_of_band_amount }) => [amount, out_of_band_amount])).toEqual([
      [6_900, 6_900],
      [2_000, null],
      [1_000, null],
    ]);
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({
      status: "paid",
      post_payment_credit_notes_amount: 9_900,
    });
    await expect(stripe.creditNotes.create({ invoice: invoice.id })).rejects.toThrow("left of the invoice");
  });

  test("whose parts do not add up is refused", async () => {
    const { id } = await subscribe(bench);
    const invoice = (await lastInvoice(id)).id;
    await expect(stripe.creditNotes.create({ invoice, amount: 100, credit_amount: 50 })).rejects.toThrow(
      "must be equal",
    );
  });
});
