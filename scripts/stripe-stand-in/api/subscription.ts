import type Stripe from "stripe";
import * as z from "zod";
import { find, refused } from "../api-error.ts";
import {
  applyItemChanges,
  billProrations,
  cancelNow,
  currentPeriodEnd,
  endTrialNow,
  itemChanges,
  prorationLines,
  refuseEnded,
  setPaused,
} from "../billing/subscription-change.ts";
import { changeSubscription } from "../billing/subscription-status.ts";
import { type ApiCall, call } from "../http/api.ts";
import { accept, boolean, group, inRange, integer, metadata, pageOf, paging, range, text } from "../http/parameters.ts";
import type { StandIn } from "../stand-in.ts";
import { mergeMetadata } from "./catalog.ts";

const byId = ({ state }: StandIn, id: string): Stripe.Subscription => find(state.subscriptions, "subscription", id);
const details = group({ comment: text.optional(), feedback: text.optional() });

const updateParameters = accept<Stripe.SubscriptionUpdateParams>()({
  items: z
    .array(group({ id: text.optional(), price: text.optional(), quantity: integer.optional() }))
    .max(20)
    .optional(),
  cancel_at_period_end: boolean.optional(),
  cancellation_details: details.optional(),
  description: text.optional(),
  metadata: metadata.optional(),
  pause_collection: z
    .union([
      z.literal(""),
      group({ behavior: z.enum(["keep_as_draft", "mark_uncollectible", "void"]), resumes_at: integer.optional() }),
    ])
    .optional(),
  proration_behavior: z.enum(["create_prorations", "always_invoice", "none"]).optional(),
  trial_end: z.union([z.literal("now"), integer]).optional(),
});

function updateSubscription(
  standIn: StandIn,
  input: z.output<typeof updateParameters>,
  id: string,
): Stripe.Subscription {
  const subscription = byId(standIn, id);
  if (input.items || input.cancel_at_period_end !== undefined || input.trial_end !== undefined)
    refuseEnded(subscription);
  const changes = itemChanges(standIn, subscription, input.items);
  if (input.trial_end !== undefined && subscription.status !== "trialing")
    throw refused("The subscription is not in a trial.");
  const lines = prorationLines(standIn, subscription, changes);
  changeSubscription(standIn, subscription, (each) => {
    applyItemChanges(standIn, each, changes);
    if (input.cancel_at_period_end !== undefined) {
      each.cancel_at_period_end = input.cancel_at_period_end;
      each.cancel_at = input.cancel_at_period_end ? currentPeriodEnd(each) : null;
      each.canceled_at = input.cancel_at_period_end ? standIn.now() : null;
    }
    if (input.pause_collection !== undefined) {
      const { pause_collection: pause } = input;
      each.pause_collection = pause === "" ? null : { behavior: pause.behavior, resumes_at: pause.resumes_at ?? null };
    }
    if (typeof input.trial_end === "number") {
      const end = input.trial_end;
      each.trial_end = each.billing_cycle_anchor = end;
      for (const item of each.items.data) item.current_period_end = end;
    }
    each.description = input.description ?? each.description;
    each.metadata = mergeMetadata(each.metadata, input.metadata);
  });
  if (input.trial_end === "now") endTrialNow(standIn, subscription);
  billProrations(standIn, subscription, lines, input.proration_behavior ?? "create_prorations");
  return subscription;
}

/** The calls for subscriptions. */
export const subscriptionCalls: ApiCall[] = [
  call(
    "GET",
    "/v1/subscriptions",
    accept<Stripe.SubscriptionListParams>()({
      ...paging,
      created: range.optional(),
      customer: text.optional(),
      price: text.optional(),
      status: text.optional(),
    }),
    ({ state }, { created, customer, price, status, ...page }) => {
      const wanted = Object.values(state.subscriptions).filter(
        (each) =>
          inRange(each.created, created) &&
          (customer === undefined || each.customer === customer) &&
          (price === undefined || each.items.data.some((item) => item.price.id === price)) &&
          // Without a status, Stripe leaves out canceled subscriptions.
          (status === undefined ? each.status !== "canceled" : status === "all" || each.status === status),
      );
      return pageOf(wanted, page, "/v1/subscriptions");
    },
  ),
  call("GET", "/v1/subscriptions/:id", accept<Stripe.SubscriptionRetrieveParams>()({}), (standIn, _, id) =>
    byId(standIn, id),
  ),
  call("POST", "/v1/subscriptions/:id", updateParameters, updateSubscription),
  call(
    "DELETE",
    "/v1/subscriptions/:id",
    accept<Stripe.SubscriptionCancelParams>()({
      cancellation_details: details.optional(),
      invoice_now: boolean.optional(),
      prorate: boolean.optional(),
    }),
    (standIn, { prorate, invoice_now }, id) => {
      const subscription = byId(standIn, id);
      cancelNow(standIn, subscription, { prorate: prorate ?? false, invoiceNow: invoice_now ?? false });
      return subscription;
    },
  ),
  call("POST", "/v1/subscriptions/:id/resume", accept<Stripe.SubscriptionResumeParams>()({}), (standIn, _, id) => {
    const subscription = byId(standIn, id);
    setPaused(standIn, subscription, false);
    return subscription;
  }),
];
