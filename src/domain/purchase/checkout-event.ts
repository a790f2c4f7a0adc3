import type { Actor } from "../../platform/storage/ledger.ts";
import { queueMail } from "../../platform/storage/mail-outbox.ts";
import { type EventOutcome, ignored, outcomeOf } from "./event-outcome.ts";
import { fulfil, type PurchaseScope } from "./fulfilment.ts";
import { findOrder, orderMoved } from "./order-store.ts";

/** Fulfils a checkout session as it is now. Throws what Stripe or D1 throw. */
export async function fulfilSession(scope: PurchaseScope, sessionId: string, actor: Actor): Promise<EventOutcome> {
  const result = await fulfil(scope, sessionId, actor);
  if (result.status === "foreign") return { outcome: result.reason, attention: true, licenses: [] };
  if (result.status !== "complete") return { outcome: `order ${result.status}`, attention: false, licenses: [] };
  return outcomeOf([result], result.attention);
}

/** Fulfils the checkout session behind a subscription or payment that no license is known for. Throws what Stripe or D1 throw. */
export async function fulfilSessionBehind(
  scope: PurchaseScope,
  behind: { subscription: string } | { payment_intent: string },
  actor: Actor,
): Promise<EventOutcome> {
  const sessions = await scope.stripe.checkout.sessions.list({ ...behind, limit: 10 });
  const [session] = sessions.data;
  return session ? fulfilSession(scope, session.id, actor) : ignored("nothing that was sold here");
}

/** Tells the buyer that a payment which takes days did not come, unless it has since. Throws what Stripe or D1 throw. */
export async function delayedPaymentFailed(
  scope: PurchaseScope,
  sessionId: string,
  actor: Actor,
): Promise<EventOutcome> {
  const session = await scope.stripe.checkout.sessions.retrieve(sessionId);
  if (session.payment_status === "paid") return fulfilSession(scope, sessionId, actor);
  const order = await findOrder(scope.db, sessionId);
  const to = session.customer_details?.email;
  if (!order || !to) return ignored("a session that did not begin here");
  await scope.db.batch([
    orderMoved(scope.db, sessionId, "failed"),
    queueMail(scope.db, {
      licenseId: null,
      kind: "payment_not_completed",
      occasion: sessionId,
      to: to.toLowerCase(),
      data: { plan: order.plan },
      now: actor.now,
    }),
  ]);
  return { outcome: "order failed", attention: false, licenses: [] };
}
