import type Stripe from "stripe";
import { refused } from "../api-error.ts";
import { newRefund } from "../objects/refund.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { idOf } from "./payment.ts";

/** Gives a charge back, whole or in part. Throws `ApiError` if there is not that much left, or the charge did not succeed. */
export function refundCharge(
  standIn: StandIn,
  charge: Stripe.Charge,
  input: { amount?: number | undefined; reason?: string | undefined; metadata?: Stripe.Metadata | undefined },
): Stripe.Refund {
  const left = charge.amount_captured - charge.amount_refunded;
  const amount = input.amount ?? left;
  if (charge.status !== "succeeded") throw refused(`Charge ${charge.id} did not succeed.`, "charge_not_refundable");
  if (left <= 0) throw refused(`Charge ${charge.id} has already been refunded.`, "charge_already_refunded");
  if (amount < 1 || amount > left) {
    throw refused(
      `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`,
      undefined,
      "amount",
    );
  }
  const refund = newRefund(charge, {
    created: standIn.now(),
    amount,
    reason: input.reason ?? null,
    metadata: input.metadata ?? {},
  });
  standIn.state.refunds[refund.id] = refund;
  const before = charge.amount_refunded;
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount_captured;
  emit(standIn, "charge.refunded", charge, { amount_refunded: before });
  emit(standIn, "refund.created", refund);
  emit(standIn, "refund.updated", refund, { balance_transaction: null });
  emit(standIn, "charge.refund.updated", refund, { balance_transaction: null });
  return refund;
}

/** The bank sends a refund back: the money is ours again. Throws `ApiError` if the refund has failed already. */
export function failRefund(standIn: StandIn, refund: Stripe.Refund): void {
  if (refund.status === "failed") throw refused(`Refund ${refund.id} has failed already.`);
  const previous = { status: refund.status };
  refund.status = "failed";
  refund.failure_reason = "expired_or_canceled_card";
  const charge = standIn.state.charges[idOf(refund.charge) ?? ""];
  if (charge) {
    charge.amount_refunded -= refund.amount;
    charge.refunded = false;
  }
  emit(standIn, "refund.updated", refund, previous);
  emit(standIn, "charge.refund.updated", refund, previous);
  emit(standIn, "refund.failed", refund, previous);
}
