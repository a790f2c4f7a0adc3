import type Stripe from "stripe";
import * as z from "zod";
import { find } from "../api-error.ts";
import { difference, endSubscription } from "../billing/subscription-status.ts";
import { type ApiCall, call } from "../http/api.ts";
import { accept, inRange, metadata, pageOf, paging, range, text } from "../http/parameters.ts";
import { createCustomer, liveCustomer } from "../objects/customer.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { snapshot } from "../state.ts";
import { mergeMetadata } from "./catalog.ts";

const fields = { email: z.email().optional(), name: text.optional(), metadata: metadata.optional() };

/** Deletes a customer and ends the customer's subscriptions at once. Throws `ApiError` if there is no such customer. */
export function deleteCustomer(standIn: StandIn, id: string): Stripe.DeletedCustomer {
  const customer = liveCustomer(standIn, id);
  for (const subscription of Object.values(standIn.state.subscriptions)) {
    if (subscription.customer !== id || subscription.status === "canceled") continue;
    endSubscription(standIn, subscription, "cancellation_requested");
  }
  emit(standIn, "customer.deleted", customer);
  const deleted: Stripe.DeletedCustomer = { id, object: "customer", deleted: true };
  standIn.state.customers[id] = deleted;
  return deleted;
}

export type CustomerChange = {
  email?: string | undefined;
  name?: string | undefined;
  metadata?: Stripe.Metadata | undefined;
};

/** Changes a customer, by the API, the dashboard or the portal. */
export function updateCustomer(standIn: StandIn, customer: Stripe.Customer, change: CustomerChange): Stripe.Customer {
  const before = snapshot(customer);
  customer.email = change.email ?? customer.email;
  customer.name = change.name ?? customer.name ?? null;
  customer.metadata = mergeMetadata(customer.metadata, change.metadata);
  const previous = difference(before, customer);
  if (Object.keys(previous).length > 0) emit(standIn, "customer.updated", customer, previous);
  return customer;
}

/** The calls for customers. */
export const customerCalls: ApiCall[] = [
  call("POST", "/v1/customers", accept<Stripe.CustomerCreateParams>()(fields), (standIn, input) =>
    createCustomer(standIn, { ...input, email: input.email ?? null }),
  ),
  call(
    "GET",
    "/v1/customers",
    accept<Stripe.CustomerListParams>()({ ...paging, created: range.optional(), email: text.optional() }),
    ({ state }, { created, email, ...page }) => {
      const wanted = Object.values(state.customers).filter(
        (customer) =>
          !customer.deleted && inRange(customer.created, created) && (email === undefined || customer.email === email),
      );
      return pageOf(wanted, page, "/v1/customers");
    },
  ),
  call("GET", "/v1/customers/:id", accept<Stripe.CustomerRetrieveParams>()({}), ({ state }, _, id) =>
    find(state.customers, "customer", id),
  ),
  call("POST", "/v1/customers/:id", accept<Stripe.CustomerUpdateParams>()(fields), (standIn, input, id) =>
    updateCustomer(standIn, liveCustomer(standIn, id), input),
  ),
  call("DELETE", "/v1/customers/:id", z.strictObject({}), (standIn, _, id) => deleteCustomer(standIn, id)),
];
