import type Stripe from "stripe";
import type { LicenseFacts } from "../licensing/license/status.ts";

/** What refunds and disputes say of one charge. */
export type ChargeFacts = Pick<LicenseFacts, "refund_state" | "dispute_state">;

/**
 * How much of a charge has been given back: by its refunds, because a refund that fails later counts no more, and by
 * `amount_refunded`, where the refunds are not at hand. Amounts are in the currency's smallest unit.
 */
export function refundState(
  charge: Pick<Stripe.Charge, "amount_captured">,
  refunds: Pick<Stripe.Refund, "amount" | "status">[],
): ChargeFacts["refund_state"] {
  const given = refunds
    .filter(({ status }) => status !== "failed" && status !== "canceled")
    .reduce((sum, { amount }) => sum + amount, 0);
  if (given === 0) return "none";
  return given >= charge.amount_captured ? "full" : "partial";
}

/**
 * What a charge's disputes come to. Inquiries (`warning_*`) hold nothing back and, closed, lift nothing; the worst of several
 * counts.
 */
export function disputeState(disputes: Pick<Stripe.Dispute, "status">[]): ChargeFacts["dispute_state"] {
  const states = disputes.map(({ status }): ChargeFacts["dispute_state"] => {
    switch (status) {
      case "lost":
        return "lost";
      case "won":
      case "prevented":
        return "won";
      case "needs_response":
      case "under_review":
        return "open";
      default:
        return "none";
    }
  });
  return worst(states, ["lost", "open", "won"]);
}

/**
 * What all charges of a license come to: the worst dispute of any. A refund counts for the one charge of a one-time
 * purchase; that of one month of a subscription takes nothing back, the subscription itself says what is paid for.
 */
export function licenseChargeFacts(charges: ChargeFacts[], isSubscription: boolean): ChargeFacts {
  return {
    refund_state: isSubscription
      ? "none"
      : worst(
          charges.map(({ refund_state }) => refund_state),
          ["full", "partial"],
        ),
    dispute_state: worst(
      charges.map(({ dispute_state }) => dispute_state),
      ["lost", "open", "won"],
    ),
  };
}

const worst = <State extends string>(states: State[], order: State[]): State | "none" =>
  order.find((state) => states.includes(state)) ?? "none";
