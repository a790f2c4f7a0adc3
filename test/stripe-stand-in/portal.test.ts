import { afterAll, expect, test } from "vitest";
import { startBench, subscribe } from "./harness.ts";

const bench = await startBench();
afterAll(() => bench.close());

async function openPortal() {
  const subscription = await subscribe(bench);
  if (typeof subscription.customer !== "string") throw new Error("no customer");
  const session = await bench.stripe.billingPortal.sessions.create({
    customer: subscription.customer,
    return_url: "https://catalog.test/account",
  });
  const press = (action: string, fields: Record<string, string> = {}) =>
    bench.submit(session.url, { action, subscription: subscription.id, ...fields });
  return {
    session,
    press,
    id: subscription.id,
    subscription: () => bench.stripe.subscriptions.retrieve(subscription.id),
  };
}

test("the portal cancels, resumes and changes the number of machines", async () => {
  const { session, press, subscription } = await openPortal();
  const page = await (await fetch(session.url)).text();
  expect(page).toContain('id="cancel"');
  expect(page).toContain('href="https://catalog.test/account"');
  expect((await press("cancel")).status).toBe(303);
  expect((await subscription()).cancel_at_period_end).toBe(true);
  expect(await (await fetch(session.url)).text()).toContain('id="resume"');
  await press("resume");
  expect((await subscription()).cancel_at_period_end).toBe(false);
  await press("quantity", { quantity: "12" });
  expect((await subscription()).items.data[0]?.quantity).toBe(12);
  expect((await press("quantity", { quantity: "0" })).status).toBe(422);
});

test("a new card in the portal pays the open invoice at once", async () => {
  const { press, subscription, id } = await openPortal();
  await bench.control(`subscriptions/${id}/fail-renewal`, {});
  expect((await subscription()).status).toBe("past_due");
  // The portal session has expired, because the clock has moved. A new one is needed.
  const expired = await press("payment_method");
  expect(expired.status).toBe(410);
  const { customer } = await subscription();
  const next = await bench.stripe.billingPortal.sessions.create({ customer: String(customer) });
  await bench.submit(next.url, { action: "payment_method" });
  expect((await subscription()).status).toBe("active");
});

test("a portal session cannot change the subscription of another customer", async () => {
  const mine = await openPortal();
  const other = await openPortal();
  const answer = await mine.press("cancel", { subscription: other.id });
  expect(answer.status).toBe(422);
  expect((await other.subscription()).cancel_at_period_end).toBe(false);
});

test("the portal switches to another recurring price of the same currency", async () => {
  const { press, subscription } = await openPortal();
  const product = await bench.stripe.products.create({ name: "Big" });
  const price = await bench.stripe.prices.create({
    product: product.id,
    currency: "usd",
    unit_amount: 50_000,
    recurring: { interval: "month" },
  });
  await press("plan", { price: price.id });
  expect((await subscription()).items.data[0]?.price.id).toBe(price.id);
});

test("the portal refuses an unknown customer", async () => {
  await expect(bench.stripe.billingPortal.sessions.create({ customer: "cus_none" })).rejects.toMatchObject({
    statusCode: 400,
  });
});

test("the portal changes the address only if its configuration allows that", async () => {
  const { press, subscription } = await openPortal();
  expect((await press("email", { email: "new@example.com" })).status).toBe(303);
  const { customer } = await subscription();
  bench.endpoint.events.length = 0;
  await bench.control(`customers/${customer}`, { email: "third@example.com" });
  expect(bench.endpoint.events).toMatchObject([
    {
      type: "customer.updated",
      data: { object: { email: "third@example.com" }, previous_attributes: { email: "new@example.com" } },
    },
  ]);
  const { data } = await bench.stripe.billingPortal.configurations.list({ is_default: false });
  const closed = await bench.stripe.billingPortal.sessions.create({
    customer: String(customer),
    configuration: data[0]?.id ?? "",
  });
  expect(await (await fetch(closed.url)).text()).not.toContain("update-email");
  expect((await bench.submit(closed.url, { action: "email", email: "x@example.com" })).status).toBe(422);
});
