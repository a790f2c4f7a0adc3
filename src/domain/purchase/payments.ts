import { paymentsOf } from "../money/derive.ts";
import type { Payment, PaymentRow } from "../money/payment.ts";
import { type Observation, observe, type StripeLinks } from "./observation.ts";
import { isMissing, type StripeClient } from "./stripe.ts";

/**
 * The payments behind a license, from one look at Stripe. An upgrade leaves the subscription from before it to the
 * license: as long as its rows may still change, Stripe is asked for it, too. Throws Stripe's errors.
 */
export async function paymentsBehind(
  stripe: StripeClient,
  links: StripeLinks,
  observation: Observation,
  known: readonly PaymentRow[],
): Promise<Payment[]> {
  const rows = new Map(paymentsOf(observation, known).map((row) => [row.id, row]));
  for (const id of earlierSubscriptions(links, known)) {
    const earlier = { ...links, stripe_subscription_id: id, stripe_payment_intent_id: null };
    const seen = await observe(stripe, earlier).catch((error: unknown) => {
      // Of an account that was changed. Its rows stay as they are.
      if (isMissing(error)) return null;
      throw error;
    });
    for (const row of seen === null ? [] : paymentsOf(seen, known)) rows.set(row.id, row);
  }
  return [...rows.values()];
}

/** The earlier subscriptions of a license that are not over as far as is known here. */
const earlierSubscriptions = (
  { stripe_subscription_id }: StripeLinks,
  known: readonly PaymentRow[],
): ReadonlySet<string> =>
  new Set(
    known
      .filter(
        ({ recurring, recurring_until, state }) => state === "open" || (recurring !== 0 && recurring_until === null),
      )
      .flatMap(({ subscription_id }) =>
        subscription_id === null || subscription_id === stripe_subscription_id ? [] : [subscription_id],
      ),
  );
