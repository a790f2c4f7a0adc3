import type Stripe from "stripe";
import { logEvent, logFailure } from "../../../lib/log.ts";
import { ok } from "../../../lib/result.ts";
import { type Changed, change } from "../../../platform/storage/change.ts";
import { type Actor, type Change, ifChanged } from "../../../platform/storage/ledger.ts";
import { queueMailIf } from "../../../platform/storage/mail-outbox.ts";
import { heldPayment, paymentsOf } from "../../money/derive.ts";
import { heldPaymentsWritten, readPayments } from "../../money/store.ts";
import { observe } from "../observation.ts";
import type { PurchaseScope } from "../sync.ts";
import { type Hold, linksOf, paymentOf } from "./decision.ts";
import { mayBecome, type Order, type OrderPatch, orderCompleted, orderRoot, type Payment } from "./order.ts";

/**
 * Holds the order of a paid session that no license can be made of, records its money, and queues the mail that tells
 * its buyer. An order that is held already gets the reason of this look. Idempotent. Throws D1's errors.
 */
export async function holdOrder(
  { db }: Pick<PurchaseScope, "db">,
  orderId: string,
  session: Stripe.Checkout.Session,
  { reason, detail }: Hold,
  actor: Actor,
): Promise<Changed<Order>> {
  const payment = paymentOf(session);
  const held = await change(
    db,
    orderRoot,
    orderId,
    (order) => {
      const facts = { held_reason: reason, held_detail: detail, ...payment } satisfies OrderPatch;
      const isNew = mayBecome(order, "held");
      const isSame = order.held_reason === reason && order.held_detail === detail && order.email === payment.email;
      if (!isNew && (order.state !== "held" || isSame)) return ok(null);
      const patch: OrderPatch = isNew ? { state: "held", held_at: actor.now, ...facts } : facts;
      const { amount_total, currency } = payment;
      return ok({
        action: "order.hold",
        patch,
        details: { reason, detail, plan: order.plan, amount_total, currency },
        mails: payment.email === null ? [] : [mailOf(order, "order_held", payment.email, payment)],
        beside: () => heldPaymentsWritten(db, [heldPayment(session)], actor.now),
      });
    },
    { actor },
  );
  if (held.changeId !== null) {
    logFailure("order.held", `A paid order waits for an admin: ${detail}.`, { order: orderId, reason });
  }
  return held;
}

/** The outcome of an event whose order is held. `eventsSolved` finds it. */
export const heldOutcome = (orderId: string, reason: string): string => `order ${orderId} is held: ${reason}`;

/** The statement by which the events about a held order need nobody any more, if a change has solved it. */
const eventsSolved = (db: D1Database, orderId: string, change: Change): D1PreparedStatement =>
  ifChanged(
    db,
    { table: "orders", id: orderId },
    change.id,
    `UPDATE stripe_events SET attention = 0, outcome = 'solved: ' || outcome
     WHERE attention = 1 AND outcome GLOB ? AND TOOK_EFFECT`,
    `${heldOutcome(orderId, "")}*`,
  );

/** A mail about an order. Its occasion is the order, so each kind is sent once. */
const mailOf = (
  order: Pick<Order, "id" | "plan">,
  kind: "order_held" | "order_solved",
  to: string,
  { amount_total: amount, currency }: Pick<Payment, "amount_total" | "currency">,
  outcome: "license" | "refund" | null = null,
) => ({
  licenseId: null,
  kind,
  occasion: order.id,
  to,
  data: { order: order.id, plan: order.plan, amount, currency, outcome },
});

/**
 * The statements that complete an order with the license of its sale, for the transaction of that license. A buyer who
 * was told that the order is held is told that it is solved. `order` is null for a sale that has none yet.
 */
export function completion(
  db: D1Database,
  order: Order | null,
  sale: Parameters<typeof orderCompleted>[1],
  change: Change,
  resolution?: Parameters<typeof orderCompleted>[3],
): D1PreparedStatement[] {
  const completed = orderCompleted(db, sale, change, resolution);
  if (order?.state !== "held") return [completed];
  const solved = [completed, eventsSolved(db, order.id, change)];
  if (sale.payment.email === null) return solved;
  const mail = mailOf(order, "order_solved", sale.payment.email, sale.payment, "license");
  return [...solved, queueMailIf(db, { ...mail, now: change.at }, { table: "orders", id: order.id }, change.id)];
}

/**
 * Closes a held order whose payment was refunded, records the refund, and queues the mail to its buyer. Idempotent.
 * Throws the errors of Stripe and D1.
 */
export async function orderRefunded(
  { db, stripe }: Pick<PurchaseScope, "db" | "stripe">,
  orderId: string,
  session: Stripe.Checkout.Session,
  actor: Actor,
  reason: string | null = null,
): Promise<Changed<Order>> {
  const links = linksOf(session);
  const known = await readPayments(db, { id: "", checkout_session_id: session.id });
  const money = paymentsOf(await observe(stripe, links), known);
  const solved = await change(
    db,
    orderRoot,
    orderId,
    (order) => {
      if (order.state !== "held") return ok(null);
      const patch = { state: "failed", resolved_at: actor.now, resolution: "refund" } as const;
      const { amount_total, currency, email } = order;
      return ok({
        action: "order.resolve",
        patch,
        details: { resolution: "refund", amount_total, currency },
        mails: email === null ? [] : [mailOf(order, "order_solved", email, order, "refund")],
        beside: (made) => [...heldPaymentsWritten(db, money, actor.now), eventsSolved(db, orderId, made)],
      });
    },
    { actor, reason },
  );
  if (solved.changeId !== null) logEvent("order.solved", { order: orderId, resolution: "refund" });
  return solved;
}
