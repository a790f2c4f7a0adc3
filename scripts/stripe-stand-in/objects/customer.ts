import type Stripe from "stripe";
import { find, missing } from "../api-error.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { newId } from "../state.ts";

/** Creates a customer and emits its event. */
export function createCustomer(
  standIn: StandIn,
  input: { email: string | null; name?: string | null | undefined; metadata?: Stripe.Metadata | undefined },
): Stripe.Customer {
  const customer: Stripe.Customer = {
    id: newId("cus", 14),
    object: "customer",
    address: null,
    balance: 0,
    created: standIn.now(),
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: input.email,
    invoice_prefix: newId("X", 7).slice(2).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: input.metadata ?? {},
    name: input.name ?? null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: null,
  };
  standIn.state.customers[customer.id] = customer;
  emit(standIn, "customer.created", customer);
  return customer;
}

/** The customer with this id. Throws `ApiError` (`resource_missing`) if it is unknown or deleted. */
export function liveCustomer(standIn: StandIn, id: string, param = "id"): Stripe.Customer {
  const customer = find(standIn.state.customers, "customer", id, param);
  if (customer.deleted) throw missing("customer", id, param);
  return customer;
}

/** A billing portal session of one customer. */
export function newPortalSession(
  standIn: StandIn,
  input: { customer: string; configuration: string; return_url?: string | undefined; locale?: string | undefined },
): Stripe.BillingPortal.Session {
  const id = newId("bps");
  return {
    id,
    object: "billing_portal.session",
    configuration: input.configuration,
    created: standIn.now(),
    customer: input.customer,
    customer_account: null,
    flow: null,
    livemode: false,
    locale: input.locale ?? null,
    on_behalf_of: null,
    return_url: input.return_url ?? null,
    url: `${standIn.origin}/p/session/${id}`,
  };
}

/** The only portal configuration of the account. */
export const portalConfiguration = (created: number): Stripe.BillingPortal.Configuration => ({
  id: "bpc_default",
  object: "billing_portal.configuration",
  active: true,
  application: null,
  business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
  created,
  default_return_url: null,
  features: {
    customer_update: { allowed_updates: [], enabled: false },
    invoice_history: { enabled: true },
    payment_method_update: { enabled: true, payment_method_configuration: null },
    subscription_cancel: {
      cancellation_reason: { enabled: false, feedback_options: null, options: [] },
      enabled: true,
      mode: "at_period_end",
      proration_behavior: "none",
    },
    subscription_pause: { duration: { interval_options: [], type: "indefinite" }, enabled: false },
    subscription_update: {
      billing_cycle_anchor: "unchanged",
      default_allowed_updates: ["price", "quantity"],
      enabled: true,
      proration_behavior: "always_invoice",
      schedule_at_period_end: { conditions: [] },
      trial_update_behavior: "continue_trial",
    },
  },
  is_default: true,
  livemode: false,
  login_page: { enabled: false, url: null },
  metadata: {},
  name: null,
  updated: created,
});
