import type Stripe from "stripe";

/** The fields of a Stripe subscription that decisions read. */
export const subscription = (
  over: Partial<Pick<Stripe.Subscription, "status" | "cancel_at" | "cancel_at_period_end" | "ended_at">> & {
    lookup_key?: string | null;
    metadata?: Stripe.Metadata;
    quantity?: number;
  },
): Stripe.Subscription => {
  const { lookup_key = "premium-monthly", metadata = {}, quantity = 5, ...rest } = over;
  const price = {
    id: "price_1",
    lookup_key,
    metadata,
    currency: "usd",
    unit_amount: 9900,
    currency_options: { eur: { unit_amount: 9000 } },
    recurring: { interval: "month", interval_count: 1 },
    transform_quantity: { divide_by: 5, round: "up" },
  };
  const item = { quantity, current_period_start: 1000, current_period_end: 2000, price };
  const subject = {
    id: "sub_1",
    status: "active",
    cancel_at: null,
    cancel_at_period_end: false,
    ended_at: null,
    trial_end: null,
    pause_collection: null,
    currency: "usd",
    items: { data: [item] },
    ...rest,
  };
  return subject as unknown as Stripe.Subscription;
};

/** The fields of a checkout session that decisions read, with its line items. */
export const session = (
  over: Partial<
    Pick<Stripe.Checkout.Session, "status" | "payment_status" | "mode" | "livemode" | "customer_details">
  > & {
    lookup_key?: string | null;
    metadata?: Stripe.Metadata;
    quantity?: number;
    amount_subtotal?: number;
    currency?: string;
    price?: Partial<Stripe.Price>;
    amount_total?: number;
    items?: number;
  },
): Stripe.Checkout.Session => {
  const { lookup_key = "premium-lifetime", metadata = {}, quantity = 25, ...others } = over;
  const { amount_subtotal = 27_900, items = 1, currency = "eur", price: more = {}, ...rest } = others;
  const packs = { currency: "eur", unit_amount: 27_900, transform_quantity: { divide_by: 25, round: "up" } };
  const price = { id: "price_1", lookup_key, metadata, ...packs, ...more };
  const subject = {
    id: "cs_test_1",
    status: "complete",
    payment_status: "paid",
    mode: "payment",
    livemode: false,
    currency,
    amount_total: amount_subtotal,
    customer: "cus_1",
    customer_email: null,
    customer_details: { email: "Ada@Example.com" },
    subscription: null,
    payment_intent: "pi_1",
    line_items: { data: Array.from({ length: items }, () => ({ price, quantity, amount_subtotal, currency })) },
    ...rest,
  };
  return subject as unknown as Stripe.Checkout.Session;
};
