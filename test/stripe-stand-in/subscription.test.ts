import type Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Bench, startBench } from "./harness.ts";
import { priceOf, subscribe } from "./purchases.ts";

const DAY = 86_400;
let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const now = (subscription: Stripe.Subscription) => bench.stripe.subscriptions.retrieve(subscription.id);
const periodOf = (subscription: Stripe.Subscription) => subscription.items.data[0]?.current_period_end ?? 0;
const told = (type: string) => bench.endpoint.types().filter((each) => each === type).length;

describe("time", () => {
  test("a trial is announced three days before its end, then billed an hour into the first period", async () => {
    const trial = await subscribe(bench, 14);
    expect(trial.trial_end).toBe(trial.created + 14 * DAY);
    expect(periodOf(trial)).toBe(trial.trial_end);
    await bench.control("clock/advance", { days: 10.9 });
    expect(told("customer.subscription.trial_will_end")).toBe(0);
    await bench.control("clock/advance", { days: 0.2 });
    expect(told("customer.subscription.trial_will_end")).toBe(1);
    await bench.control("clock/advance", { days: 3 });
    expect(await now(trial)).toMatchObject({ status: "active" });
    const { data: invoices } = await bench.stripe.invoices.list({ subscription: trial.id });
    expect(invoices).toMatchObject([
      { billing_reason: "subscription_cycle", status: "paid", amount_paid: 9900 },
      { billing_reason: "subscription_create", status: "paid", amount_paid: 0 },
    ]);
  });

  test("renewals follow the calendar's months, and say where the period is nowadays", async () => {
    const subscription = await subscribe(bench);
    const before = bench.endpoint.events.length;
    await bench.control("clock/advance", { days: 32 });
    const renewed = await now(subscription);
    expect(renewed.status).toBe("active");
    expect(renewed.items.data[0]?.current_period_start).toBe(periodOf(subscription));
    const day = (at: number) => new Date(at * 1000).getUTCDate();
    expect(day(periodOf(renewed))).toBe(day(subscription.created));
    expect(bench.endpoint.types().slice(before)).toEqual([
      "customer.subscription.updated",
      "invoice.created",
      "invoice.finalized",
      "payment_intent.created",
      "charge.succeeded",
      "payment_intent.succeeded",
      "invoice.paid",
      "invoice.payment_succeeded",
      "invoice_payment.paid",
    ]);
    const updated = bench.endpoint.events[before];
    expect(updated?.data.previous_attributes).toMatchObject({
      items: { data: [{ current_period_end: periodOf(subscription) }] },
    });
  });

  test("an invoice names its subscription and payment where the API has them now", async () => {
    const subscription = await subscribe(bench);
    const { data } = await bench.stripe.invoices.list({ subscription: subscription.id, status: "paid" });
    const [invoice] = data;
    expect(invoice?.parent?.subscription_details?.subscription).toBe(subscription.id);
    const payments = await bench.stripe.invoicePayments.list({ invoice: invoice?.id ?? "", status: "paid" });
    const intent = payments.data[0]?.payment.payment_intent;
    if (typeof intent !== "string") throw new Error("no payment");
    const back = await bench.stripe.invoicePayments.list({
      payment: { type: "payment_intent", payment_intent: intent },
      expand: ["data.invoice"],
    });
    expect(back.data).toMatchObject([{ invoice: { id: invoice?.id, object: "invoice" } }]);
  });
});

describe("a renewal that fails", () => {
  test("is retried, and the subscription ends after the last attempt", async () => {
    const subscription = await subscribe(bench);
    await bench.control(`subscriptions/${subscription.id}/fail-renewal`, {});
    expect((await now(subscription)).status).toBe("past_due");
    await bench.control("clock/advance", { days: 14 });
    expect((await now(subscription)).status).toBe("past_due");
    await bench.control("clock/advance", { days: 2 });
    expect(await now(subscription)).toMatchObject({
      status: "canceled",
      cancellation_details: { reason: "payment_failed" },
    });
    expect(told("invoice.payment_failed")).toBe(4);
    expect(told("customer.subscription.deleted")).toBe(1);
  });

  test("may leave the subscription unpaid instead, until the customer pays after all", async () => {
    await bench.control("settings", { after_last_retry: "unpaid" });
    const subscription = await subscribe(bench);
    await bench.control(`subscriptions/${subscription.id}/fail-renewal`, {});
    await bench.control("clock/advance", { days: 16 });
    expect((await now(subscription)).status).toBe("unpaid");
    await bench.control(`subscriptions/${subscription.id}/fix-card`, {});
    const { data } = await bench.stripe.invoices.list({ subscription: subscription.id, status: "open" });
    expect((await bench.stripe.invoices.pay(data[0]?.id ?? "")).status).toBe("paid");
    expect((await now(subscription)).status).toBe("active");
  });

  test("recovers at the next retry when the card works again", async () => {
    const subscription = await subscribe(bench, 14);
    await bench.control(`subscriptions/${subscription.id}/fail-renewal`, {});
    expect((await now(subscription)).status).toBe("past_due");
    await bench.control(`subscriptions/${subscription.id}/fix-card`, {});
    await bench.control("clock/advance", { days: 4 });
    expect((await now(subscription)).status).toBe("active");
  });
});

describe("changes", () => {
  test("more machines are billed at once for the rest of the period, fewer are credited", async () => {
    const subscription = await subscribe(bench);
    await bench.control(`subscriptions/${subscription.id}/quantity`, { quantity: 11 });
    expect((await now(subscription)).items.data[0]?.quantity).toBe(11);
    const { data } = await bench.stripe.invoices.list({ subscription: subscription.id });
    expect(data[0]).toMatchObject({ billing_reason: "subscription_update", status: "paid", amount_paid: 19800 });
    await bench.control(`subscriptions/${subscription.id}/quantity`, { quantity: 5 });
    await bench.control("clock/advance", { days: 32 });
    const after = await bench.stripe.invoices.list({ subscription: subscription.id, limit: 1 });
    expect(after.data[0]).toMatchObject({
      billing_reason: "subscription_cycle",
      total: 9900,
      amount_due: 0,
      status: "paid",
    });
  });

  test("the SDK changes items, metadata and cancellation, and hears what was before", async () => {
    const subscription = await subscribe(bench);
    const item = subscription.items.data[0]?.id ?? "";
    const updated = await bench.stripe.subscriptions.update(subscription.id, {
      items: [{ id: item, quantity: 6, price: await priceOf(bench, "premium-monthly") }],
      cancel_at_period_end: true,
      metadata: { note: "x" },
      proration_behavior: "none",
    });
    expect(updated).toMatchObject({
      cancel_at_period_end: true,
      cancel_at: periodOf(subscription),
      metadata: { note: "x" },
    });
    await bench.control("clock/advance", { seconds: 1 });
    const event = bench.endpoint.events.findLast(({ type }) => type === "customer.subscription.updated");
    expect(event?.data.previous_attributes).toMatchObject({ cancel_at_period_end: false, cancel_at: null });
    await bench.control("clock/advance", { days: 32 });
    expect(await now(subscription)).toMatchObject({ status: "canceled", ended_at: periodOf(subscription) });
    await expect(
      bench.stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false }),
    ).rejects.toMatchObject({
      statusCode: 400,
    });
  });

  test("a canceled subscription is gone from the list and still there by its id", async () => {
    const subscription = await subscribe(bench);
    expect((await bench.stripe.subscriptions.cancel(subscription.id)).status).toBe("canceled");
    expect((await bench.stripe.subscriptions.list()).data).toEqual([]);
    expect((await bench.stripe.subscriptions.list({ status: "all" })).data).toHaveLength(1);
    await expect(bench.stripe.subscriptions.cancel(subscription.id)).rejects.toMatchObject({
      code: "resource_missing",
    });
  });

  test("deleting the customer ends the subscriptions", async () => {
    const subscription = await subscribe(bench);
    if (typeof subscription.customer !== "string") throw new Error("no customer");
    expect(await bench.stripe.customers.del(subscription.customer)).toMatchObject({ deleted: true });
    expect(await bench.stripe.customers.retrieve(subscription.customer)).toMatchObject({ deleted: true });
    expect((await now(subscription)).status).toBe("canceled");
    await bench.control("clock/advance", { seconds: 1 });
    expect(bench.endpoint.types().slice(-2)).toEqual(["customer.subscription.deleted", "customer.deleted"]);
  });

  test("pausing and resuming have events of their own", async () => {
    const subscription = await subscribe(bench);
    await bench.control(`subscriptions/${subscription.id}/pause`, {});
    expect((await now(subscription)).status).toBe("paused");
    await bench.control(`subscriptions/${subscription.id}/resume`, {});
    expect((await now(subscription)).status).toBe("active");
    expect([told("customer.subscription.paused"), told("customer.subscription.resumed")]).toEqual([1, 1]);
  });

  test("a delayed first payment leaves the subscription active and its invoice open", async () => {
    const { id } = await bench.stripe.checkout.sessions.create({
      mode: "subscription",
      line_items: [{ price: await priceOf(bench, "premium-monthly"), quantity: 5 }],
      success_url: "https://catalog.test/",
    });
    await bench.control(`payments/${id}/pay`, { method: "delayed" });
    const expanded = { expand: ["subscription", "invoice"] };
    expect(await bench.stripe.checkout.sessions.retrieve(id, expanded)).toMatchObject({
      payment_status: "unpaid",
      subscription: { status: "active" },
      invoice: { status: "open" },
    });
    await bench.control(`payments/${id}/fail`, {});
    expect(await bench.stripe.checkout.sessions.retrieve(id, expanded)).toMatchObject({
      subscription: { status: "past_due" },
    });
  });
});
