import type Stripe from "stripe";
import type { PortalFeatures } from "../api/billing-portal.ts";
import type { StandIn } from "../stand-in.ts";
import { newId } from "../state.ts";

type Portal = Stripe.BillingPortal.Configuration;

/** The features of a configuration that was made without any: all are off. */
const OFF: Portal["features"] = {
  customer_update: { allowed_updates: [], enabled: false },
  invoice_history: { enabled: false },
  payment_method_update: { enabled: false, payment_method_configuration: null },
  subscription_cancel: {
    cancellation_reason: { enabled: false, feedback_options: null, options: [] },
    enabled: false,
    mode: "at_period_end",
    proration_behavior: "none",
  },
  subscription_pause: { duration: { interval_options: [], type: "indefinite" }, enabled: false },
  subscription_update: {
    billing_cycle_anchor: "unchanged",
    default_allowed_updates: [],
    enabled: false,
    products: [],
    proration_behavior: "none",
    schedule_at_period_end: { conditions: [] },
    trial_update_behavior: "end_trial",
  },
};

const portalWith = (created: number, over: Partial<Portal> & Pick<Portal, "id">): Portal => ({
  object: "billing_portal.configuration",
  active: true,
  application: null,
  business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
  created,
  default_return_url: null,
  features: structuredClone(OFF),
  is_default: false,
  livemode: false,
  login_page: { enabled: false, url: null },
  metadata: {},
  name: null,
  updated: created,
  ...over,
});

/** The configuration that the account's settings in the dashboard make. A session without a configuration uses it. */
export const defaultPortal = (created: number): Portal =>
  portalWith(created, {
    id: "bpc_default",
    is_default: true,
    features: {
      ...OFF,
      customer_update: { allowed_updates: ["email"], enabled: true },
      invoice_history: { enabled: true },
      payment_method_update: { enabled: true, payment_method_configuration: null },
      subscription_cancel: { ...OFF.subscription_cancel, enabled: true },
      subscription_update: {
        ...OFF.subscription_update,
        default_allowed_updates: ["price", "quantity"],
        enabled: true,
        proration_behavior: "always_invoice",
        trial_update_behavior: "continue_trial",
      },
    },
  });

type Input = {
  active?: boolean | undefined;
  name?: string | undefined;
  metadata?: Stripe.Metadata | undefined;
  features?: PortalFeatures | undefined;
};

/** A new configuration, made through the API. */
export function newPortal(standIn: StandIn, input: Input): Portal {
  const portal = portalWith(standIn.now(), { id: newId("bpc") });
  changePortal(standIn, portal, input);
  return portal;
}

/** Changes the fields that were sent. */
export function changePortal(standIn: StandIn, portal: Portal, { active, name, metadata, features = {} }: Input): void {
  portal.active = active ?? portal.active;
  portal.name = name ?? portal.name;
  portal.metadata = { ...portal.metadata, ...metadata };
  const old = portal.features;
  portal.features = {
    customer_update: { ...old.customer_update, ...sent(features.customer_update) },
    invoice_history: { ...old.invoice_history, ...sent(features.invoice_history) },
    payment_method_update: { ...old.payment_method_update, ...sent(features.payment_method_update) },
    subscription_cancel: { ...old.subscription_cancel, ...sent(features.subscription_cancel) },
    subscription_pause: old.subscription_pause,
    subscription_update: { ...old.subscription_update, ...updateOf(features.subscription_update) },
  };
  portal.updated = standIn.now();
}

type Sent<T> = { [Name in keyof T]: Exclude<T[Name], undefined> };

/** The members that were sent. */
const sent = <T extends object>(group: T | undefined): Partial<Sent<T>> =>
  Object.fromEntries(Object.entries(group ?? {}).filter(([, value]) => value !== undefined)) as Partial<Sent<T>>;

function updateOf(update: PortalFeatures["subscription_update"]): Partial<Portal["features"]["subscription_update"]> {
  const { products, ...rest } = sent(update);
  if (products === undefined) return rest;
  return {
    ...rest,
    products: products.map(({ product, prices, adjustable_quantity: quantity }) => ({
      product,
      prices,
      adjustable_quantity: {
        enabled: quantity?.enabled ?? false,
        maximum: quantity?.maximum ?? null,
        minimum: quantity?.minimum ?? 1,
      },
    })),
  };
}
