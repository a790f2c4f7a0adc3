import type Stripe from "stripe";
import * as z from "zod";
import { find, refused } from "../api-error.ts";
import { type ApiCall, call } from "../http/api.ts";
import { accept, boolean, group, integer, metadata, pageOf, paging, text } from "../http/parameters.ts";
import { changePortal, newPortal } from "../objects/billing-portal.ts";
import { liveCustomer, newPortalSession } from "../objects/customer.ts";
import { emit } from "../stand-in.ts";

const behavior = z.enum(["always_invoice", "create_prorations", "none"]);
const switched = { enabled: boolean };

/** The features of a configuration that this service sets. */
const features = group({
  customer_update: group({ ...switched, allowed_updates: z.array(text).optional() }).optional(),
  invoice_history: group(switched).optional(),
  payment_method_update: group(switched).optional(),
  subscription_cancel: group({
    ...switched,
    mode: z.enum(["at_period_end", "immediately"]).optional(),
    proration_behavior: behavior.optional(),
  }).optional(),
  subscription_update: group({
    ...switched,
    default_allowed_updates: z.array(z.enum(["price", "promotion_code", "quantity"])).optional(),
    products: z
      .array(
        group({
          product: text,
          prices: z.array(text),
          adjustable_quantity: group({
            ...switched,
            minimum: integer.optional(),
            maximum: integer.optional(),
          }).optional(),
        }),
      )
      .max(10)
      .optional(),
    proration_behavior: behavior.optional(),
    trial_update_behavior: z.enum(["continue_trial", "end_trial"]).optional(),
  }).optional(),
});
export type PortalFeatures = z.output<typeof features>;

const more = { name: text.optional(), metadata: metadata.optional() };

/** The calls for the billing portal: its sessions and configurations. */
export const billingPortalCalls: ApiCall[] = [
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
    "POST",
    "/v1/billing_portal/configurations",
    accept<Stripe.BillingPortal.ConfigurationCreateParams>()({ ...more, features }),
    (standIn, input) => {
      const portal = newPortal(standIn, input);
      standIn.state.portal_configurations[portal.id] = portal;
      emit(standIn, "billing_portal.configuration.created", portal);
      return portal;
    },
  ),
  call(
    "GET",
    "/v1/billing_portal/configurations",
    accept<Stripe.BillingPortal.ConfigurationListParams>()({
      ...paging,
      active: boolean.optional(),
      is_default: boolean.optional(),
    }),
    ({ state }, { active, is_default, ...page }) => {
      const wanted = Object.values(state.portal_configurations).filter(
        (each) =>
          (active === undefined || each.active === active) &&
          (is_default === undefined || each.is_default === is_default),
      );
      return pageOf(wanted, page, "/v1/billing_portal/configurations");
    },
  ),
  call(
    "GET",
    "/v1/billing_portal/configurations/:id",
    accept<Stripe.BillingPortal.ConfigurationRetrieveParams>()({}),
    ({ state }, _, id) => find(state.portal_configurations, "configuration", id),
  ),
  call(
    "POST",
    "/v1/billing_portal/configurations/:id",
    accept<Stripe.BillingPortal.ConfigurationUpdateParams>()({
      ...more,
      active: boolean.optional(),
      features: features.optional(),
    }),
    (standIn, input, id) => {
      const portal = find(standIn.state.portal_configurations, "configuration", id);
      changePortal(standIn, portal, input);
      emit(standIn, "billing_portal.configuration.updated", portal);
      return portal;
    },
  ),
];
