import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, startBench } from "./harness.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

async function priceOf(plan: string): Promise<string> {
  const { data } = await bench.stripe.prices.list({ lookup_keys: [plan], active: true });
  const [price] = data;
  if (!price) throw new Error(`no price for ${plan}`);
  return price.id;
}

test("the plans' prices are there, by lookup key and with their product", async () => {
  const { data } = await bench.stripe.prices.list({
    lookup_keys: ["premium-monthly", "premium-lifetime"],
    expand: ["data.product"],
  });
  expect(data).toHaveLength(2);
  const monthly = data.find((price) => price.lookup_key === "premium-monthly");
  expect(monthly).toMatchObject({
    currency: "usd",
    unit_amount: 9900,
    recurring: { interval: "month" },
    transform_quantity: { divide_by: 5, round: "up" },
    product: { object: "product", name: "Premium, monthly" },
  });
});

test("a one-time purchase is paid on the page and told by a signed event", async () => {
  const session = await bench.stripe.checkout.sessions.create({
    mode: "payment",
    line_items: [{ price: await priceOf("premium-lifetime"), quantity: 25 }],
    success_url: "https://catalog.test/checkout/success?session_id={CHECKOUT_SESSION_ID}",
    cancel_url: "https://catalog.test/checkout/cancelled",
    customer_creation: "always",
    metadata: { plan: "premium-lifetime" },
  });
  expect(session).toMatchObject({ status: "open", payment_status: "unpaid", amount_total: 27900, livemode: false });
  const page = await fetch(session.url ?? "");
  expect(await page.text()).toContain("€279.00");

  const paid = await bench.submit(session.url ?? "", { email: "buyer@example.com", action: "pay" });
  expect(paid.status).toBe(303);
  expect(paid.headers.get("location")).toBe(`https://catalog.test/checkout/success?session_id=${session.id}`);

  const after = await bench.stripe.checkout.sessions.retrieve(session.id, {
    expand: ["line_items", "payment_intent.latest_charge", "customer"],
  });
  expect(after).toMatchObject({
    status: "complete",
    payment_status: "paid",
    url: null,
    customer_details: { email: "buyer@example.com" },
    customer: { object: "customer", email: "buyer@example.com" },
    line_items: { data: [{ quantity: 25, amount_subtotal: 27900, price: { lookup_key: "premium-lifetime" } }] },
    payment_intent: { status: "succeeded", latest_charge: { object: "charge", amount_refunded: 0, paid: true } },
  });
  const completed = bench.endpoint.events.find((event) => event.type === "checkout.session.completed");
  expect(completed?.data.object).toMatchObject({ id: session.id, payment_status: "paid" });
});

test("a subscription with a trial owes nothing yet", async () => {
  const session = await bench.stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: await priceOf("premium-monthly"), quantity: 6 }],
    subscription_data: { trial_period_days: 14, metadata: { plan: "premium-monthly" } },
    success_url: "https://catalog.test/success",
  });
  await bench.submit(session.url ?? "", { email: "trial@example.com", action: "pay" });
  const after = await bench.stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription", "invoice"] });
  expect(after).toMatchObject({
    payment_status: "no_payment_required",
    subscription: { status: "trialing", metadata: { plan: "premium-monthly" }, items: { data: [{ quantity: 6 }] } },
    invoice: { status: "paid", amount_due: 0 },
  });
});
