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
