import * as z from "zod";
import { deleteCustomer, updateCustomer } from "../api/customer.ts";
import { refused } from "../api-error.ts";
import { runNext } from "../billing/clockwork.ts";
import { idOf } from "../billing/payment.ts";
import {
  cancelNow,
  pauseCollection,
  setCancelAtPeriodEnd,
  setPaused,
  setQuantity,
} from "../billing/subscription-change.ts";
import { liveCustomer } from "../objects/customer.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { type ControlCall, changing, control, nothing, subscriptionById } from "./call.ts";

/** In seconds. The next renewal is never later. A free or paused one does not fail at all. */
const WITHIN = 400 * 86_400;

/** Makes the card of the subscription's customer fail from now on, or work again. */
function setDeclining(standIn: StandIn, id: string, declining: boolean): object {
  const { state } = standIn;
  const customer = idOf(subscriptionById(standIn, id).customer) ?? "";
  const others = state.declining_customers.filter((each) => each !== customer);
  state.declining_customers = declining ? [...others, customer] : others;
  return { customer, card: declining ? "declines" : "works" };
}

/** The calls for subscriptions. Each takes the id of the subscription or of its checkout session. */
export const subscriptionCalls: ControlCall[] = [
  control(
    "POST subscriptions/:id/fail-renewal",
    "Moves the clock to the next renewal (or the end of the trial) and declines its payment. Later payments are declined too, until the " +
      "customer changes the card in the portal or `subscriptions/{id}/fix-card` is called.",
    nothing,
    null,
    async (standIn, _, id) => {
      const subscription = subscriptionById(standIn, id);
      if (!["trialing", "active"].includes(subscription.status))
        throw refused(`The subscription is ${subscription.status}.`);
      setDeclining(standIn, id, true);
      const setClock = (at: number): void => {
        standIn.state.clock_offset += at - standIn.now();
      };
      const until = standIn.now() + WITHIN;
      const isLate = (): boolean => !["trialing", "active"].includes(subscription.status);
      while (!isLate() && runNext(standIn, until, setClock)) await standIn.deliveries.settled();
      if (!isLate()) throw refused("The subscription has no renewal with a payment.");
      return subscription;
    },
  ),
  control(
    "POST subscriptions/:id/fix-card",
    "Makes the card work again. The next retry collects the open invoices; the portal does so at once.",
    nothing,
    null,
    (standIn, _, id) => setDeclining(standIn, id, false),
  ),
  control(
    "POST subscriptions/:id/cancel",
    "Cancels at once, or at the end of the period (`at_period_end: true`; `false` takes that back). `prorate` credits " +
      "the unused time of a cancellation at once.",
    z.strictObject({ at_period_end: z.boolean().optional(), prorate: z.boolean().default(false) }),
    { at_period_end: true },
    changing(subscriptionById, (standIn, subscription, { at_period_end, prorate }) => {
      if (at_period_end !== undefined) setCancelAtPeriodEnd(standIn, subscription, at_period_end);
      else if (subscription.status === "canceled") throw refused("The subscription is canceled already.");
      else cancelNow(standIn, subscription, { prorate, invoiceNow: prorate });
    }),
  ),
  control(
    "POST subscriptions/:id/quantity",
    "Changes the number of machines, like the portal.",
    z.strictObject({ quantity: z.number().int().min(1) }),
    { quantity: 10 },
    changing(subscriptionById, (standIn, subscription, { quantity }) => setQuantity(standIn, subscription, quantity)),
  ),
  control(
    "POST subscriptions/:id/pause",
    "Pauses a subscription (status paused).",
    nothing,
    null,
    changing(subscriptionById, (standIn, subscription) => setPaused(standIn, subscription, true)),
  ),
  control(
    "POST subscriptions/:id/resume",
    "Resumes a paused subscription.",
    nothing,
    null,
    changing(subscriptionById, (standIn, subscription) => setPaused(standIn, subscription, false)),
  ),
  control(
    "POST subscriptions/:id/pause-collection",
    "Pauses the collection of payments, like Stripe's dashboard. The status stays, and invoices are kept as drafts, voided or marked uncollectible.",
    z.strictObject({
      behavior: z.enum(["keep_as_draft", "mark_uncollectible", "void"]).default("void"),
      resumes_at: z.number().int().nullable().default(null),
    }),
    { behavior: "void" },
    changing(subscriptionById, pauseCollection),
  ),
  control(
    "POST subscriptions/:id/resume-collection",
    "Resumes the collection of payments, for invoices from now on.",
    nothing,
    null,
    changing(subscriptionById, (standIn, subscription) => pauseCollection(standIn, subscription, null)),
  ),
  control(
    "POST subscriptions/:id/action-required",
    "Makes the bank ask the customer to confirm the last invoice (invoice.payment_action_required).",
    nothing,
    null,
    (standIn, _, id) => {
      const invoice = standIn.state.invoices[idOf(subscriptionById(standIn, id).latest_invoice) ?? ""];
      if (!invoice) throw refused("The subscription has no invoice.");
      emit(standIn, "invoice.payment_action_required", invoice);
      return invoice;
    },
  ),
  control(
    "POST settings",
    "Sets the outcome of a failed last retry for subscriptions: cancel (the default) or unpaid.",
    z.strictObject({ after_last_retry: z.enum(["cancel", "unpaid"]) }),
    { after_last_retry: "unpaid" },
    ({ state }, { after_last_retry }) => {
      state.after_last_retry = after_last_retry;
      return { after_last_retry };
    },
  ),
  control(
    "POST tax",
    "Sets the account's tax rate for later sales and invoices with automatic tax: 0 (the default) to 100.",
    z.strictObject({ percent: z.number().min(0).max(100) }),
    { percent: 21 },
    ({ state }, { percent }) => {
      state.tax_percent = percent;
      return { percent };
    },
  ),
  control(
    "POST customers/:id",
    "Changes a customer's address or name, like Stripe's dashboard.",
    z.strictObject({ email: z.email().optional(), name: z.string().optional() }),
    { email: "new@example.com" },
    (standIn, change, id) => updateCustomer(standIn, liveCustomer(standIn, id), change),
  ),
  control(
    "POST customers/:id/delete",
    "Deletes a customer, like Stripe's dashboard.",
    nothing,
    null,
    (standIn, _, id) => deleteCustomer(standIn, id),
  ),
];
