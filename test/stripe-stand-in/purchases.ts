import type Stripe from "stripe";
import type { Bench } from "./harness.ts";

/** The price of a plan, by its lookup key. */
export async function priceOf({ stripe }: Bench, plan: string): Promise<string> {
  const { data } = await stripe.prices.list({ lookup_keys: [plan] });
  const [price] = data;
  if (!price) throw new Error(`no price for ${plan}`);
  return price.id;
}

/** An open checkout session for a plan. */
export async function openSession(
  bench: Bench,
  plan: "premium-monthly" | "premium-lifetime",
  more: Stripe.Checkout.SessionCreateParams & { quantity?: number } = {},
): Promise<Stripe.Checkout.Session> {
  const { quantity = 5, ...params } = more;
  return bench.stripe.checkout.sessions.create({
    mode: plan === "premium-monthly" ? "subscription" : "payment",
    line_items: [{ price: await priceOf(bench, plan), quantity }],
    success_url: "https://catalog.test/success?id={CHECKOUT_SESSION_ID}",
    cancel_url: "https://catalog.test/cancelled",
    ...params,
  });
}

/** Buys a plan on the pay page, and returns the session as it is afterwards. */
export async function buy(...[bench, plan, more]: Parameters<typeof openSession>): Promise<Stripe.Checkout.Session> {
  const session = await openSession(bench, plan, more);
  await bench.submit(session.url ?? "", { email: "buyer@example.com", action: "pay" });
  return bench.stripe.checkout.sessions.retrieve(session.id);
}

/** Buys the monthly plan, and returns the subscription. */
export async function subscribe(bench: Bench, trialDays = 0, quantity = 5): Promise<Stripe.Subscription> {
  const session = await buy(bench, "premium-monthly", {
    quantity,
    ...(trialDays > 0 ? { subscription_data: { trial_period_days: trialDays } } : {}),
  });
  return subscriptionOf(bench, session);
}

/** The subscription behind a session, as it is now. */
export async function subscriptionOf(
  bench: Bench,
  { subscription }: Stripe.Checkout.Session,
): Promise<Stripe.Subscription> {
  if (typeof subscription !== "string") throw new Error("the session has no subscription");
  return bench.stripe.subscriptions.retrieve(subscription);
}
