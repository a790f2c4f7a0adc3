import type Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Bench, priceOf, startBench, subscribe } from "./harness.ts";

const DAY = 86_400;
let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const now = (subscription: Stripe.Subscription) => bench.stripe.subscriptions.retrieve(subscription.id);
const periodOf = (subscription: Stripe.Subscription) => subscription.items.data[0]?.current_period_end ?? 0;
const told = (type: string) => bench.endpoint.types().filter((each) => each === type).length;

describe("a subscription over time", () => {
  test("announces the end of a trial three days before, and bills an hour into the first period", async () => {
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

  test("renews by calendar months, and has its period in its items", async () => {
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

  test("has invoices with the subscription and payment fields of the current API", async () => {
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

describe("a failed renewal", () => {
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

  test("can leave the subscription unpaid instead, until the customer pays", async () => {
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

  test("succeeds at the next retry if the card works again", async () => {
    const subscription = await subscribe(bench, 14);
    await bench.control(`subscriptions/${subscription.id}/fail-renewal`, {});
    expect((await now(subscription)).status).toBe("past_due");
    await bench.control(`subscriptions/${subscription.id}/fix-card`, {});
    await bench.control("clock/advance", { days: 4 });
    expect((await now(subscription)).status).toBe("active");
  });
});

describe("changes of a subscription", () => {
  test("bill additional machines at once for the rest of the period, and credit fewer", async () => {
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

  test("by the SDK change items, metadata and cancellation, and events have the earlier values", async () => {
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

  test("remove a canceled subscription from the list, but not from its id", async () => {
    const subscription = await subscribe(bench);
    expect((await bench.stripe.subscriptions.cancel(subscription.id)).status).toBe("canceled");
    expect((await bench.stripe.subscriptions.list()).data).toEqual([]);
    expect((await bench.stripe.subscriptions.list({ status: "all" })).data).toHaveLength(1);
    await expect(bench.stripe.subscriptions.cancel(subscription.id)).rejects.toMatchObject({
      code: "resource_missing",
    });
  });

  test("end the subscriptions of a deleted customer", async () => {
    const subscription = await subscribe(bench);
    if (typeof subscription.customer !== "string") throw new Error("no customer");
    expect(await bench.stripe.customers.del(subscription.customer)).toMatchObject({ deleted: true });
    expect(await bench.stripe.customers.retrieve(subscription.customer)).toMatchObject({ deleted: true });
    expect((await now(subscription)).status).toBe("canceled");
    await bench.control("clock/advance", { seconds: 1 });
    expect(bench.endpoint.types().slice(-2)).toEqual(["customer.subscription.deleted", "customer.deleted"]);
  });

  test("have their own events for pause and resume", async () => {
    const subscription = await subscribe(bench);
    await bench.control(`subscriptions/${subscription.id}/pause`, {});
    expect((await now(subscription)).status).toBe("paused");
    await bench.control(`subscriptions/${subscription.id}/resume`, {});
    expect((await now(subscription)).status).toBe("active");
    expect([told("customer.subscription.paused"), told("customer.subscription.resumed")]).toEqual([1, 1]);
  });

  test("leave the subscription active and its invoice open for a delayed first payment", async () => {
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
