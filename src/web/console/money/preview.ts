import type { Order } from "../../../domain/purchase/checkout/order.ts";
import type { Foreseen } from "../../../domain/purchase/checkout/resolve.ts";
import { formatAmount } from "../../../lib/money.ts";
import { counted } from "../../page/kit.ts";

const TOLD = "The buyer is told by email. This is final.";

/** An order in one line, for the person who solves it. */
export function orderInLine({ id, email, amount_total, currency, held_reason, held_detail }: Order): string {
  const total = amount_total === null || currency === null ? null : formatAmount(amount_total, currency);
  const why = held_detail ?? held_reason;
  return [email, total, why, id].filter((part) => part !== null).join(" · ");
}

/** The consequences of solving a held order in one way, a sentence each. */
export function previewResolution(foreseen: Foreseen): string[] {
  if ("bought" in foreseen) {
    const { email, plan, machines } = foreseen.bought;
    return [`${email} gets a license of ${plan} on ${counted(machines, "machine")}. It follows the payment.`, TOLD];
  }
  if ("license" in foreseen) {
    const { email, plan, checkout_session_id } = foreseen.license;
    return [
      `The payment belongs to the license of ${email}, ${plan}.`,
      checkout_session_id === null
        ? "The license follows this payment from now on."
        : "The license keeps following the payment that it has.",
      TOLD,
    ];
  }
  const { refundable, isSubscription } = foreseen;
  return [
    refundable === null || refundable.amount <= 0
      ? "There is nothing left to refund."
      : `The buyer gets ${formatAmount(refundable.amount, refundable.currency)} back. Banks take some days.`,
    ...(isSubscription ? ["Its subscription ends at once, and nothing more is billed."] : []),
    TOLD,
  ];
}
