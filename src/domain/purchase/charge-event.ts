import type { Actor } from "../../platform/storage/ledger.ts";
import { fulfilSessionBehind } from "./checkout-event.ts";
import { type EventOutcome, ignored, syncAll } from "./event-outcome.ts";
import type { PurchaseScope } from "./fulfilment.ts";
import { licensesBehind } from "./license-link.ts";
import { idOf } from "./stripe-client.ts";
import { followSubscription, subscriptionOf } from "./subscription-event.ts";

/** Makes the licenses that a charge paid for follow its refunds and disputes. Throws what Stripe or D1 throw. */
export async function followCharge(scope: PurchaseScope, chargeId: string | null, actor: Actor): Promise<EventOutcome> {
  const charge = chargeId === null ? null : await scope.stripe.charges.retrieve(chargeId);
  const paymentIntentId = idOf(charge?.payment_intent);
  if (charge === null || paymentIntentId === null) return ignored("a charge without payment intent");
  const bought = await licensesBehind(scope.db, "stripe_payment_intent_id", paymentIntentId);
  if (bought.length > 0) return syncAll(scope, bought, actor, charge.id);
  const payments = await scope.stripe.invoicePayments.list({
    payment: { type: "payment_intent", payment_intent: paymentIntentId },
    expand: ["data.invoice"],
  });
  for (const { invoice } of payments.data) {
    const subscriptionId = typeof invoice === "string" || invoice.deleted ? null : subscriptionOf(invoice);
    if (subscriptionId !== null) return followSubscription(scope, subscriptionId, actor, { chargeId: charge.id });
  }
  return fulfilSessionBehind(scope, { payment_intent: paymentIntentId }, actor);
}
