import type Stripe from "stripe";
import { refused } from "../api-error.ts";
import { newDispute } from "../objects/dispute.ts";
import { emit, type StandIn } from "../stand-in.ts";

export type DisputeEnd = "won" | "lost" | "warning_closed";

/** A buyer's bank disputes a charge; an inquiry takes no money yet. Throws `ApiError` unless the charge succeeded. */
export function openDispute(standIn: StandIn, charge: Stripe.Charge, inquiry: boolean): Stripe.Dispute {
  if (charge.status !== "succeeded") throw refused(`Charge ${charge.id} did not succeed.`);
  const dispute = newDispute(charge, standIn.now(), inquiry);
  standIn.state.disputes[dispute.id] = dispute;
  charge.disputed = true;
  emit(standIn, "charge.dispute.created", dispute);
  if (!inquiry) emit(standIn, "charge.dispute.funds_withdrawn", dispute);
  return dispute;
}

/** The end of a dispute. Throws `ApiError` if it is closed, or if the end is not one for its kind. */
export function closeDispute(standIn: StandIn, dispute: Stripe.Dispute, end: DisputeEnd): void {
  const inquiry = dispute.status.startsWith("warning_");
  if (!dispute.status.endsWith("needs_response") && !dispute.status.endsWith("under_review")) {
    throw refused(`Dispute ${dispute.id} is closed: ${dispute.status}.`);
  }
  if (inquiry !== (end === "warning_closed")) {
    throw refused(
      inquiry ? "An inquiry ends as warning_closed." : "A dispute ends as won or lost.",
      undefined,
      "status",
    );
  }
  const previous = { status: dispute.status };
  dispute.status = end;
  dispute.evidence_details.past_due = end === "lost";
  emit(standIn, "charge.dispute.updated", dispute, previous);
  emit(standIn, "charge.dispute.closed", dispute, previous);
  if (end === "won") emit(standIn, "charge.dispute.funds_reinstated", dispute);
}
