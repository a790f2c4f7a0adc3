import { randomBytes } from "node:crypto";
import Stripe from "stripe";

/** The objects of one kind, by id, in the order in which they were made. */
export type Table<T> = Record<string, T>;

/** A stored event. Its type is one of the SDK's, and `emit` has checked the object against it. */
export type StoredEvent = Stripe.EventBase;

/** What a checkout session was created with and does not show. */
export type CheckoutInput = {
  trial_period_days: number | null;
  subscription_metadata: Stripe.Metadata;
  subscription_description: string | null;
  payment_metadata: Stripe.Metadata;
  payment_description: string | null;
};

/** One event on its way to the webhook endpoint. */
export type Delivery = {
  event: string;
  attempts: number;
  /** When to try (again), in milliseconds on the stand-in's clock. */
  due_ms: number;
  /** `failed`: given up. `dropped`: lost on purpose, so that only the list of events tells of it. */
  state: "pending" | "delivered" | "failed" | "dropped";
  last_result: string | null;
};

/** What to do to deliveries on purpose, for the next `remaining` events (null: until told otherwise). */
export type DeliveryFault = {
  mode: "normal" | "drop" | "repeat" | "reorder" | "delay";
  remaining: number | null;
  seconds: number;
  copies: number;
};

/** The whole of what the stand-in knows; it is JSON, kept in one file. */
export type State = {
  /** How far the clock was moved ahead of the real one, in seconds. */
  clock_offset: number;
  products: Table<Stripe.Product>;
  prices: Table<Stripe.Price>;
  coupons: Table<Stripe.Coupon>;
  promotion_codes: Table<Stripe.PromotionCode>;
  discounts: Table<Stripe.Discount>;
  customers: Table<Stripe.Customer | Stripe.DeletedCustomer>;
  checkout_sessions: Table<Stripe.Checkout.Session>;
  line_items: Table<Stripe.LineItem[]>;
  checkout_inputs: Table<CheckoutInput>;
  subscriptions: Table<Stripe.Subscription>;
  invoices: Table<Stripe.Invoice>;
  invoice_payments: Table<Stripe.InvoicePayment>;
  payment_intents: Table<Stripe.PaymentIntent>;
  charges: Table<Stripe.Charge>;
  refunds: Table<Stripe.Refund>;
  disputes: Table<Stripe.Dispute>;
  portal_sessions: Table<Stripe.BillingPortal.Session>;
  portal_configurations: Table<Stripe.BillingPortal.Configuration>;
  events: Table<StoredEvent>;
  deliveries: Delivery[];
  fault: DeliveryFault;
  /** How many of the next charges of any customer are declined. */
  declines: number;
  /** Customers whose card is declined until they change it in the portal. */
  declining_customers: string[];
  /** What becomes of a subscription whose invoice could not be collected at the last attempt either. */
  after_last_retry: "cancel" | "unpaid";
  /** Subscriptions whose owner was told that the trial is about to end. */
  trial_notices: string[];
  /** What changes in the middle of a period owe, until the next invoice has them as lines. */
  prorations: Table<{ amount: number; description: string; quantity: number }[]>;
  idempotency: Table<{ fingerprint: string; status: number; body: string }>;
};

/** Nothing goes wrong on purpose. */
export const NORMAL_DELIVERY: DeliveryFault = { mode: "normal", remaining: null, seconds: 0, copies: 1 };

/** An account in which nothing has happened yet. */
export const emptyState = (): State => ({
  clock_offset: 0,
  products: {},
  prices: {},
  coupons: {},
  promotion_codes: {},
  discounts: {},
  customers: {},
  checkout_sessions: {},
  line_items: {},
  checkout_inputs: {},
  subscriptions: {},
  invoices: {},
  invoice_payments: {},
  payment_intents: {},
  charges: {},
  refunds: {},
  disputes: {},
  portal_sessions: {},
  portal_configurations: {},
  events: {},
  deliveries: [],
  fault: { ...NORMAL_DELIVERY },
  declines: 0,
  declining_customers: [],
  after_last_retry: "cancel",
  trial_notices: [],
  prorations: {},
  idempotency: {},
});

/** A fresh id in Stripe's form: `cus_Q3t...`, `cs_test_...`; `length` letters and digits after the prefix. */
export function newId(prefix: string, length = 24): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  let id = `${prefix}_`;
  for (const byte of randomBytes(length)) id += alphabet[byte % alphabet.length];
  return id;
}

/** The state as text, and from text; decimals, which the SDK has as objects and the wire as strings, survive the way. */
export const formatState = (state: State): string => JSON.stringify(state);

/** The state that `formatState` wrote, of an earlier version perhaps: what it lacks is empty. Throws if it is not JSON. */
export const parseState = (text: string): State => ({ ...emptyState(), ...JSON.parse(text, reviveDecimal) });

/** An independent copy: what an event shows is the object as it was then. */
export const snapshot = <T>(value: T): T => JSON.parse(JSON.stringify(value), reviveDecimal);

const reviveDecimal = (key: string, value: unknown): unknown =>
  key.endsWith("_decimal") && typeof value === "string" ? Stripe.Decimal.from(value) : value;
