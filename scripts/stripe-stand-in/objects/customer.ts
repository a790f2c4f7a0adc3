import type Stripe from "stripe";
import { find, missing } from "../api-error.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { newId } from "../state.ts";

/** Creates a customer, with its event. */
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

/** A customer that has not been deleted. Throws `ApiError` (`resource_missing`). */
export function liveCustomer(standIn: StandIn, id: string, param = "id"): Stripe.Customer {
  const customer = find(standIn.state.customers, "customer", id, param);
  if (customer.deleted) throw missing("customer", id, param);
  return customer;
}
