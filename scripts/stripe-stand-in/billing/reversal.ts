import type Stripe from "stripe";
import { refused } from "../api-error.ts";
import { newDispute, newRefund } from "../objects/reversal.ts";
import { emit, type StandIn } from "../stand-in.ts";
import { idOf } from "./payment.ts";

/** Refunds a charge, in whole or in part. Throws `ApiError` if less is left, or if the charge did not succeed. */
export function refundCharge(
  standIn: StandIn,
  charge: Stripe.Charge,
  input: { amount?: number | undefined; reason?: string | undefined; metadata?: Stripe.Metadata | undefined },
): Stripe.Refund {
  const left = charge.amount_captured - charge.amount_refunded;
  const amount = input.amount ?? left;
  if (charge.status !== "succeeded") throw refused(`Charge ${charge.id} did not succeed.`, "charge_not_refundable");
  if (isChargedBack(standIn, charge)) {
    throw refused(`Charge ${charge.id} has been charged back; cannot issue a refund.`, "charge_disputed");
  }
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

/** Whether the bank has taken the money back, or may. An inquiry or a dispute that was won does not refuse a refund. */
const isChargedBack = ({ state }: StandIn, charge: Stripe.Charge): boolean =>
  Object.values(state.disputes).some((each) => each.charge === charge.id && !each.is_charge_refundable);

/** Fails a refund: the bank returns the money to the merchant. Throws `ApiError` if it has failed already. */
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

export type DisputeEnd = "won" | "lost" | "warning_closed";

/** Opens a dispute, or an inquiry, which takes no money yet. Throws `ApiError` unless the charge succeeded. */
export function openDispute(standIn: StandIn, charge: Stripe.Charge, inquiry: boolean): Stripe.Dispute {
  if (charge.status !== "succeeded") throw refused(`Charge ${charge.id} did not succeed.`);
  const dispute = newDispute(charge, standIn.now(), inquiry);
  standIn.state.disputes[dispute.id] = dispute;
  charge.disputed = true;
  emit(standIn, "charge.dispute.created", dispute);
  if (!inquiry) emit(standIn, "charge.dispute.funds_withdrawn", dispute);
  return dispute;
}

/** Closes a dispute. Throws `ApiError` if it is closed already, or if the outcome does not fit its kind. */
export function closeDispute(standIn: StandIn, dispute: Stripe.Dispute, end: DisputeEnd): void {
  const inquiry = dispute.status.startsWith("warning_");
  if (!dispute.status.endsWith("needs_response") && !dispute.status.endsWith("under_review")) {
    throw refused(`Dispute ${dispute.id} is closed: ${dispute.status}.`);
  }
  if (inquiry !== (end === "warning_closed")) {
    throw refused(
      inquiry ? "Close an inquiry as warning_closed." : "Close a dispute as won or lost.",
      undefined,
      "status",
    );
  }
  const previous = { status: dispute.status };
  dispute.status = end;
  dispute.is_charge_refundable = end !== "lost";
  dispute.evidence_details.past_due = end === "lost";
  emit(standIn, "charge.dispute.updated", dispute, previous);
  emit(standIn, "charge.dispute.closed", dispute, previous);
  if (end === "won") emit(standIn, "charge.dispute.funds_reinstated", dispute);
}
