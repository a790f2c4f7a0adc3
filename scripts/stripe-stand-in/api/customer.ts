import type Stripe from "stripe";
import * as z from "zod";
import { find, refused } from "../api-error.ts";
import { difference, endSubscription } from "../billing/subscription-status.ts";
import { type ApiCall, call } from "../http/api.ts";
import { accept, group, inRange, metadata, pageOf, paging, range, text } from "../http/parameters.ts";
import { createCustomer, liveCustomer, newPortalSession } from "../objects/customer.ts";
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

/** The calls for customers and the billing portal. */
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
  call("POST", "/v1/customers/:id", accept<Stripe.CustomerUpdateParams>()(fields), (standIn, input, id) => {
    const customer = liveCustomer(standIn, id);
    const before = snapshot(customer);
    customer.email = input.email ?? customer.email;
    customer.name = input.name ?? customer.name ?? null;
    customer.metadata = mergeMetadata(customer.metadata, input.metadata);
    emit(standIn, "customer.updated", customer, difference(before, customer));
    return customer;
  }),
  call("DELETE", "/v1/customers/:id", z.strictObject({}), (standIn, _, id) => deleteCustomer(standIn, id)),
  call(
    "POST",
    "/v1/billing_portal/sessions",
    accept<Stripe.BillingPortal.SessionCreateParams>()({
      customer: text,
      return_url: text.optional(),
      configuration: text.optional(),
      locale: text.optional(),
      flow_data: group({ type: z.enum(["payment_method_update"]) }).optional(),
    }),
    (standIn, input) => {
      const { state } = standIn;
      liveCustomer(standIn, input.customer, "customer");
      const configuration = input.configuration
        ? find(state.portal_configurations, "configuration", input.configuration, "configuration")
        : Object.values(state.portal_configurations).find((each) => each.is_default);
      if (!configuration) throw refused("No configuration provided and there is no default one.");
      const session = newPortalSession(standIn, { ...input, configuration: configuration.id });
      state.portal_sessions[session.id] = session;
      emit(standIn, "billing_portal.session.created", session);
      return session;
    },
  ),
  call(
    "GET",
    "/v1/billing_portal/configurations",
    accept<Stripe.BillingPortal.ConfigurationListParams>()(paging),
    ({ state }, page) => pageOf(Object.values(state.portal_configurations), page, "/v1/billing_portal/configurations"),
  ),
  call(
    "GET",
    "/v1/billing_portal/configurations/:id",
    accept<Stripe.BillingPortal.ConfigurationRetrieveParams>()({}),
    ({ state }, _, id) => find(state.portal_configurations, "configuration", id),
  ),
];
