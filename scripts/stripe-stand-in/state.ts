import { randomBytes } from "node:crypto";
import Stripe from "stripe";

/** The objects of one kind by id, oldest first. */
export type Table<T> = Record<string, T>;

/** A stored event. `emit` has checked its object against the SDK's type. */
export type StoredEvent = Stripe.EventBase;

/** The inputs of a checkout session that the session object does not have. */
export type CheckoutInput = {
  trial_period_days: number | null;
  subscription_metadata: Stripe.Metadata;
  subscription_description: string | null;
  payment_metadata: Stripe.Metadata;
  payment_description: string | null;
  /** The fate of a trial that ends without a payment method. */
  missing_payment_method?: string | undefined;
};

/** The delivery of one event to the webhook endpoint. */
export type Delivery = {
  event: string;
  attempts: number;
  /** The time of the next attempt, in milliseconds on the stand-in's clock. */
  due_ms: number;
  /** `failed`: no attempts are left. `dropped`: lost on purpose, so that only the list of events has it. */
  state: "pending" | "delivered" | "failed" | "dropped";
  last_result: string | null;
};

/** A deliberate fault for the next `remaining` events. Null: until it is changed. */
export type DeliveryFault = {
  mode: "normal" | "drop" | "repeat" | "reorder" | "delay";
  remaining: number | null;
  seconds: number;
  copies: number;
};

/** The whole state of the stand-in. It is JSON, in one file. */
export type State = {
  /** The seconds by which the clock is ahead of the real time. */
  clock_offset: number;
  products: Table<Stripe.Product>;
  prices: Table<Stripe.Price>;
  /** The amounts of prices in all their currencies, by price and currency. */
  currency_options: Table<Record<string, Stripe.Price.CurrencyOptions>>;
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
  payment_methods: Table<Stripe.PaymentMethod>;
  charges: Table<Stripe.Charge>;
  refunds: Table<Stripe.Refund>;
  disputes: Table<Stripe.Dispute>;
  credit_notes: Table<Stripe.CreditNote>;
  portal_sessions: Table<Stripe.BillingPortal.Session>;
  portal_configurations: Table<Stripe.BillingPortal.Configuration>;
  webhook_endpoints: Table<Stripe.WebhookEndpoint>;
  /** The permissions of each restricted key, such as `customer_write`. */
  restricted_keys: Table<string[]>;
  events: Table<StoredEvent>;
  deliveries: Delivery[];
  fault: DeliveryFault;
  /** The number of next charges to decline, of any customer. */
  declines: number;
  /** The customers with a card that is declined until they change it in the portal. */
  declining_customers: string[];
  /** The customers who began a trial without a payment method, and have given none since. */
  cardless_customers: string[];
  /** The fate of a subscription after the last failed attempt to collect its invoice. */
  after_last_retry: "cancel" | "unpaid";
  /** The subscriptions with a sent `trial_will_end` event. */
  trial_notices: string[];
  /** Prorations of subscriptions that wait for the next invoice. */
  prorations: Table<{ amount: number; description: string; quantity: number }[]>;
  /** The account's tax rate in percent, for sales with automatic tax. */
  tax_percent: number;
  idempotency: Table<{ fingerprint: string; status: number; body: string }>;
};

/** No deliberate fault. */
export const NORMAL_DELIVERY: DeliveryFault = { mode: "normal", remaining: null, seconds: 0, copies: 1 };

/** An empty account. */
export const emptyState = (): State => ({
  clock_offset: 0,
  products: {},
  prices: {},
  currency_options: {},
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
  payment_methods: {},
  charges: {},
  refunds: {},
  disputes: {},
  credit_notes: {},
  portal_sessions: {},
  portal_configurations: {},
  webhook_endpoints: {},
  restricted_keys: {},
  events: {},
  deliveries: [],
  fault: { ...NORMAL_DELIVERY },
  declines: 0,
  declining_customers: [],
  cardless_customers: [],
  after_last_retry: "cancel",
  trial_notices: [],
  prorations: {},
  tax_percent: 0,
  idempotency: {},
});

/** A new id in Stripe's form: `cus_Q3t...`, `cs_test_...`. The prefix is followed by `length` letters and digits. */
export function newId(prefix: string, length = 24): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  let id = `${prefix}_`;
  for (const byte of randomBytes(length)) id += alphabet[byte % alphabet.length];
  return id;
}

/** The text of a state. Decimals, which are objects in the SDK, survive the round trip. */
export const formatState = (state: State): string => JSON.stringify(state);

/** Parses the text of `formatState`, also of an earlier version: a missing table is empty. Throws if it is not JSON. */
export const parseState = (text: string): State => ({ ...emptyState(), ...JSON.parse(text, reviveDecimal) });

/** A deep copy, so that an event keeps the object's state at its time. */
export const snapshot = <T>(value: T): T => JSON.parse(JSON.stringify(value), reviveDecimal);

const reviveDecimal = (key: string, value: unknown): unknown =>
  key.endsWith("_decimal") && typeof value === "string" ? Stripe.Decimal.from(value) : value;
