import type Stripe from "stripe";
import { wholeList } from "../http/parameters.ts";
import { newId } from "../state.ts";
import { planOf } from "./catalog.ts";

export type NewSubscription = {
  created: number;
  customer: string;
  currency: string;
  lines: { price: Stripe.Price; quantity: number }[];
  /** The end of the first period or of the trial, in Unix seconds. */
  period_end: number;
  trial: boolean;
  status: "incomplete" | "trialing" | "active";
  metadata: Stripe.Metadata;
  description: string | null;
  discounts: string[];
  automatic_tax: boolean;
  payment_method: string | null;
  missing_payment_method: string;
};

/** A new subscription. In the current API the items have the period. */
export function newSubscription(input: NewSubscription): Stripe.Subscription {
  const id = newId("sub");
  const { created } = input;
  const items = input.lines.map(
    ({ price, quantity }): Stripe.SubscriptionItem => ({
      id: newId("si", 14),
      object: "subscription_item",
      billing_thresholds: null,
      created,
      current_period_end: input.period_end,
      current_period_start: created,
      current_trial: null,
      discounts: [],
      metadata: {},
      plan: planOf(price),
      price,
      quantity,
      subscription: id,
      tax_rates: [],
    }),
  );
  return {
    id,
    object: "subscription",
    application: null,
    application_fee_percent: null,
    automatic_tax: {
      disabled_reason: null,
      enabled: input.automatic_tax,
      liability: input.automatic_tax ? { type: "self" } : null,
    },
    billing_cycle_anchor: input.trial ? input.period_end : created,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: "included" }, type: "flexible" },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: "charge_automatically",
    created,
    currency: input.currency,
    customer: input.customer,
    customer_account: null,
    days_until_due: null,
    default_payment_method: input.payment_method,
    default_source: null,
    default_tax_rates: [],
    description: input.description,
    discounts: input.discounts,
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: "self" },
    },
    items: wholeList(items, `/v1/subscription_items?subscription=${id}`),
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: input.metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: "off",
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: created,
    status: input.status,
    test_clock: null,
    transfer_data: null,
    trial_end: input.trial ? input.period_end : null,
    trial_settings: {
      end_behavior: { billing_cycle_anchor: "unchanged", missing_payment_method: input.missing_payment_method },
    },
    trial_start: input.trial ? created : null,
  };
}
