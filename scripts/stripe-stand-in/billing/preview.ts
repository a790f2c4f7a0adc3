import type Stripe from "stripe";
import { ApiError } from "../api-error.ts";
import type { StandIn } from "../stand-in.ts";
import { newId, snapshot } from "../state.ts";
import { composeInvoice, type InvoiceInput } from "./invoicing.ts";
import { idOf } from "./payment.ts";
import { beginPeriod, renewal } from "./renewal.ts";
import {
  applyItemChanges,
  type ItemChange,
  type ProrationBehavior,
  prorationInvoice,
  prorationLines,
  refuseEnded,
  unusedTime,
} from "./subscription-change.ts";

const HOUR = 3_600;

/** The changes whose cost a preview shows. */
export type Previewed = {
  changes: readonly ItemChange[];
  cancelNow: boolean;
  cancelAtPeriodEnd: boolean | undefined;
  trialEndNow: boolean;
  behavior: ProrationBehavior;
};

/**
 * The next invoice of a subscription, or the invoice that a change would make. It is not stored, and its id begins with
 * `upcoming_in_`. Throws `ApiError` (`invoice_upcoming_none`) if nothing will be billed.
 */
export function previewInvoice(standIn: StandIn, subscription: Stripe.Subscription, wanted: Previewed): Stripe.Invoice {
  const isChange = wanted.changes.length > 0 || wanted.cancelNow || wanted.trialEndNow;
  if (isChange) refuseEnded(subscription);
  const copy = snapshot(subscription);
  const input = wanted.cancelNow ? cancellation(standIn, copy, wanted) : next(standIn, copy, wanted);
  if (input === null) throw noUpcoming(subscription);
  const invoice = composeInvoice(standIn, input);
  invoice.id = newId("upcoming_in");
  invoice.created = input.period.end;
  invoice.next_payment_attempt = input.period.end + (input.billing_reason === "subscription_cycle" ? HOUR : 0);
  for (const line of invoice.lines.data) line.invoice = invoice.id;
  return invoice;
}

/** The last invoice of a subscription that is canceled now: the credit of its unused time and waiting prorations. */
function cancellation(standIn: StandIn, copy: Stripe.Subscription, { behavior }: Previewed): InvoiceInput | null {
  const lines = behavior === "none" ? [] : unusedTime(standIn, copy);
  const waiting = renewal(standIn, copy, standIn.now()).lines.filter(({ proration }) => proration);
  return prorationInvoice(standIn, copy, [...lines, ...waiting]);
}

function next(standIn: StandIn, copy: Stripe.Subscription, wanted: Previewed): InvoiceInput | null {
  const { changes, behavior } = wanted;
  const byId = new Map(copy.items.data.map((item) => [item.id, item]));
  const ofCopy = changes.flatMap(({ item, ...change }) => {
    const copied = byId.get(item.id);
    return copied ? [{ ...change, item: copied }] : [];
  });
  const lines = behavior === "none" ? [] : prorationLines(standIn, copy, ofCopy);
  applyItemChanges(standIn, copy, ofCopy);
  if (behavior === "always_invoice" && lines.length > 0) return prorationInvoice(standIn, copy, lines);
  if (wanted.trialEndNow) {
    copy.trial_end = copy.billing_cycle_anchor = standIn.now();
    for (const item of copy.items.data) item.current_period_end = standIn.now();
  }
  if (wanted.cancelAtPeriodEnd ?? copy.cancel_at_period_end) copy.cancel_at_period_end = true;
  const begun = copy.items.data[0]?.current_period_start ?? standIn.now();
  if (!["trialing", "active", "past_due"].includes(copy.status)) return null;
  beginPeriod(copy);
  const input = renewal(standIn, copy, begun);
  const billed = copy.cancel_at_period_end ? input.lines.filter(({ proration }) => proration) : input.lines;
  return billed.length + lines.length === 0 ? null : { ...input, lines: [...billed, ...lines] };
}

const noUpcoming = (subscription: Stripe.Subscription): ApiError =>
  new ApiError({
    status: 404,
    code: "invoice_upcoming_none",
    message: `No upcoming invoices for customer: ${idOf(subscription.customer)}`,
  });
