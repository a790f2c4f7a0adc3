import { masked } from "../../../lib/masking/masked.ts";
import type { Config } from "../../../platform/config/config.ts";
import { Problem } from "../../../platform/http/problem.ts";
import { type Actor, newChange, recordAct } from "../../../platform/storage/ledger.ts";
import { type Changes, NO_CHANGES } from "../../../platform/storage/settle.ts";
import type { StripeLink } from "../../licensing/license/store.ts";
import { followCustomer } from "../customer.ts";
import { idOf, isMissing } from "../stripe.ts";
import { licensesBehind, type PurchaseScope, purchaseChanges, purchaseScope } from "../sync.ts";
import {
  delayedPaymentFailed,
  type EventOutcome,
  followCharge,
  followInvoice,
  followSubscription,
  fulfilSession,
  ignored,
  isIgnored,
  syncAll,
} from "./follow.ts";
import {
  type EventFacts,
  eventDismissed,
  eventFailed,
  eventHandled,
  keepEvent,
  readEvent,
  type StoredEvent,
} from "./store.ts";
import { EVENT_TYPES, type EventType } from "./types.ts";

const isOurs = (type: string): type is EventType => EVENT_TYPES.some((ours) => ours === type);

/** Handles an event by fetching its object again, so that order and repetition do not matter. */
async function handleEvent(scope: PurchaseScope, event: EventFacts, actor: Actor): Promise<EventOutcome> {
  const { type, object_id, foreign } = event;
  if (foreign !== undefined) return ignored(foreign);
  if (!isOurs(type) || object_id === null) return ignored("not a kind that licenses depend on");
  switch (type) {
    case "checkout.session.completed":
    case "checkout.session.async_payment_succeeded":
    case "checkout.session.expired":
      return fulfilSession(scope, object_id, actor);
    case "checkout.session.async_payment_failed":
      return delayedPaymentFailed(scope, object_id, actor);
    case "customer.subscription.created":
    case "customer.subscription.updated":
    case "customer.subscription.deleted":
    case "customer.subscription.paused":
    case "customer.subscription.resumed":
    // The job of the clock has mailed the end of the trial by then: Stripe's event comes three days before it.
    case "customer.subscription.trial_will_end":
      return followSubscription(scope, object_id, actor);
    case "invoice.paid":
    case "invoice.voided":
    case "invoice.marked_uncollectible":
    case "invoice.payment_failed":
      return followInvoice(scope, object_id, actor);
    case "invoice.payment_action_required":
      return followInvoice(scope, object_id, actor, "payment_action_required");
    case "credit_note.created":
    case "credit_note.voided":
      return followInvoice(scope, idOf((await scope.stripe.creditNotes.retrieve(object_id)).invoice) ?? "", actor);
    case "charge.refunded":
      return followCharge(scope, object_id, actor);
    case "refund.created":
    case "refund.updated":
    case "refund.failed":
      return followCharge(scope, idOf((await scope.stripe.refunds.retrieve(object_id)).charge), actor);
    case "charge.dispute.created":
    case "charge.dispute.updated":
    case "charge.dispute.closed":
    case "charge.dispute.funds_withdrawn":
    case "charge.dispute.funds_reinstated":
      return followCharge(scope, idOf((await scope.stripe.disputes.retrieve(object_id)).charge), actor);
    case "customer.updated":
      return followCustomer(scope, object_id);
    case "customer.deleted":
      return syncAll(scope, await licensesBehind(scope.db, "stripe_customer_id", object_id), actor);
  }
}

/**
 * Stores an event and handles it. Returns null if it was handled before. With `again`, an event that needs attention or
 * was ignored is handled once more, because its cause (an unknown price, for example) may have been fixed. A failure is
 * stored with the event and thrown: both the sender and the cron retry. Concurrent calls have the same result as one.
 */
export async function processEvent(
  scope: PurchaseScope,
  event: EventFacts,
  actor: Actor,
  { again = false }: { again?: boolean } = {},
): Promise<EventOutcome | null> {
  const kept = await keepEvent(scope.db, event, actor.now);
  if (kept.handled_at !== null && !(again && (kept.attention || isIgnored(kept)))) return null;
  try {
    const outcome = await handleEvent(scope, event, actor).catch((error: unknown) =>
      missingObject(scope, event, error),
    );
    const licenseIds = outcome.licenses.map(({ licenseId }) => licenseId);
    await eventHandled(scope.db, event.id, { ...outcome, licenseIds }, actor.now);
    return outcome;
  } catch (error) {
    await eventFailed(scope.db, event.id, masked(error instanceof Error ? error.message : String(error)));
    throw error;
  }
}

const LINKS = [
  "checkout_session_id",
  "stripe_subscription_id",
  "stripe_payment_intent_id",
  "stripe_customer_id",
] as const satisfies StripeLink[];

/**
 * The outcome of an event when Stripe has no such object. No retry can change that. It is ignored if the object is the
 * event's own and no license names it; otherwise an admin should look. Throws every other error.
 */
async function missingObject({ db }: PurchaseScope, { object_id }: EventFacts, error: unknown): Promise<EventOutcome> {
  if (object_id === null || !isMissing(error)) throw error;
  const known = await Promise.all(LINKS.map((link) => licensesBehind(db, link, object_id)));
  const isOwn = error.message.includes(object_id) && known.every((ids) => ids.length === 0);
  if (isOwn) return ignored("Stripe has no such object");
  return { outcome: `Stripe has no object that this needs: ${error.message}`, attention: true, licenses: [] };
}

/**
 * Handles a stored event now, without waiting for the cron, and returns it as it is afterwards. An event that was
 * handled is handled again only if it needs attention or was ignored. Throws NOT_FOUND, SERVICE_UNAVAILABLE when
 * nothing is sold, and the error of handling it, which is stored with the event.
 */
export async function retryEvent(
  { env, config }: { env: Env; config: Config },
  admin: Actor,
  id: string,
): Promise<{ event: StoredEvent; changes: Changes }> {
  const event = await requireEvent(env.DB, id);
  const scope = await purchaseScope(env, config);
  await recordAct(env.DB, newChange(admin, { action: "event.retry", subject: id }));
  const outcome = await processEvent(scope, event, admin, { again: true });
  return {
    event: await requireEvent(env.DB, id),
    changes: outcome ? purchaseChanges(outcome.licenses) : NO_CHANGES,
  };
}

/**
 * Takes an event off the list of those that fail or need attention, for good, and returns it. Does nothing if it is not
 * on that list. Throws NOT_FOUND.
 */
export async function dismissEvent(db: D1Database, admin: Actor, id: string, reason: string): Promise<StoredEvent> {
  const { handled_at, attention, type, object_id } = await requireEvent(db, id);
  if (handled_at === null || attention) {
    const entry = newChange(admin, { action: "event.dismiss", subject: id, reason, details: { type, object_id } });
    await recordAct(db, entry, [eventDismissed(db, id, admin.now)]);
  }
  return requireEvent(db, id);
}

/** One event. Throws NOT_FOUND, and D1's errors. */
export async function requireEvent(db: D1Database, id: string): Promise<StoredEvent> {
  const event = await readEvent(db, id);
  if (event) return event;
  throw new Problem({ code: "NOT_FOUND", detail: "There is no such event." });
}
