import type Stripe from "stripe";
import { emit, type StandIn } from "../stand-in.ts";
import { expireSession } from "./checkout.ts";
import {
  collectInvoice,
  draftInvoice,
  finalizeInvoice,
  markUncollectible,
  subscriptionOf,
  voidInvoice,
} from "./invoicing.ts";
import { chargeOutcome, idOf } from "./payment.ts";
import { beginPeriod, renewal } from "./renewal.ts";
import { currentPeriodEnd, pauseCollection, setPaused } from "./subscription-change.ts";
import { changeSubscription, endSubscription } from "./subscription-status.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
const TRIAL_NOTICE = 3 * DAY;
const RENEWING = ["trialing", "active", "past_due"];

type Task = { at: number; run: () => void };

/** All scheduled tasks of the current state. */
function tasks(standIn: StandIn): Task[] {
  const { state } = standIn;
  const found: Task[] = [];
  for (const session of Object.values(state.checkout_sessions)) {
    if (session.status === "open") found.push({ at: session.expires_at, run: () => expireSession(standIn, session) });
  }
  for (const subscription of Object.values(state.subscriptions)) {
    if (!RENEWING.includes(subscription.status)) continue;
    const resumes = subscription.pause_collection?.resumes_at;
    if (resumes != null) found.push({ at: resumes, run: () => pauseCollection(standIn, subscription, null) });
    found.push({ at: currentPeriodEnd(subscription), run: () => endPeriod(standIn, subscription) });
    if (subscription.status === "trialing" && !state.trial_notices.includes(subscription.id)) {
      found.push({
        at: currentPeriodEnd(subscription) - TRIAL_NOTICE,
        run: () => noticeTrialEnd(standIn, subscription),
      });
    }
  }
  for (const invoice of Object.values(state.invoices)) {
    const { status, automatically_finalizes_at: finalize, next_payment_attempt: retry } = invoice;
    if (status === "draft" && finalize !== null) found.push({ at: finalize, run: () => bill(standIn, invoice) });
    if (status === "open" && retry !== null) found.push({ at: retry, run: () => collect(standIn, invoice) });
  }
  return found;
}

/**
 * Runs the first task that is due by `until` (seconds), after `setClock` has set the clock to its time. Returns false
 * if no task is due.
 */
export function runNext(standIn: StandIn, until: number, setClock: (at: number) => void): boolean {
  const [next] = tasks(standIn)
    .filter((task) => task.at <= until)
    .sort((a, b) => a.at - b.at);
  if (!next) return false;
  setClock(Math.max(next.at, standIn.now()));
  next.run();
  return true;
}

function noticeTrialEnd(standIn: StandIn, subscription: Stripe.Subscription): void {
  standIn.state.trial_notices.push(subscription.id);
  emit(standIn, "customer.subscription.trial_will_end", subscription);
}

/** Ends a period or trial. A canceled subscription ends; any other begins its next period with a draft invoice. */
function endPeriod(standIn: StandIn, subscription: Stripe.Subscription): void {
  if (subscription.cancel_at_period_end) {
    endSubscription(standIn, subscription, "cancellation_requested");
    return;
  }
  if (subscription.status === "trialing" && endWithoutCard(standIn, subscription)) return;
  const [before] = subscription.items.data.map((item) => item.current_period_start);
  changeSubscription(standIn, subscription, beginPeriod);
  const input = renewal(standIn, subscription, before ?? standIn.now());
  delete standIn.state.prorations[subscription.id];
  const invoice = draftInvoice(standIn, input);
  // Stripe keeps the invoice of a renewal as a draft for an hour.
  invoice.automatically_finalizes_at = input.period.end + HOUR;
}

/**
 * Ends a trial that never had a payment method, as its checkout asked: it pauses or is canceled. Returns false if it is
 * billed like any other.
 */
function endWithoutCard(standIn: StandIn, subscription: Stripe.Subscription): boolean {
  if (!standIn.state.cardless_customers.includes(idOf(subscription.customer) ?? "")) return false;
  switch (subscription.trial_settings?.end_behavior.missing_payment_method) {
    case "pause":
      setPaused(standIn, subscription, true);
      return true;
    case "cancel":
      endSubscription(standIn, subscription, "cancellation_requested");
      return true;
    default:
      return false;
  }
}

function bill(standIn: StandIn, invoice: Stripe.Invoice): void {
  const subscription = subscriptionOf(standIn, invoice);
  if (subscription?.pause_collection) {
    const { behavior } = subscription.pause_collection;
    invoice.automatically_finalizes_at = null;
    if (behavior === "keep_as_draft") {
      invoice.auto_advance = false;
      return;
    }
    finalizeInvoice(standIn, invoice);
    if (behavior === "void") voidInvoice(standIn, invoice);
    else markUncollectible(standIn, invoice, "subscription_paused");
    return;
  }
  finalizeInvoice(standIn, invoice);
  collect(standIn, invoice);
}

function collect(standIn: StandIn, invoice: Stripe.Invoice): void {
  // There is nothing to collect for a subscription that has ended.
  if (subscriptionOf(standIn, invoice)?.status === "canceled") {
    voidInvoice(standIn, invoice);
    return;
  }
  invoice.next_payment_attempt = null;
  collectInvoice(
    standIn,
    invoice,
    invoice.amount_due === 0 ? "succeeded" : chargeOutcome(standIn, idOf(invoice.customer)),
  );
}
