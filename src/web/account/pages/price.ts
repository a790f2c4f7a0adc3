import type { License } from "../../../domain/licensing/license/record.ts";
import { formatAmount, priceInWords } from "../../../lib/money.ts";
import type { UnixSeconds } from "../../../lib/time.ts";

/** The price of a license in words: `$99/month`, or that it is free of charge. */
export function priceText({ stripe_customer_id, price_amount, price_currency, price_interval }: License): string {
  if (stripe_customer_id === null) return "Free of charge";
  if (price_amount === null || price_currency === null) return "Price in the billing portal";
  return priceInWords({ amount: price_amount, currency: price_currency, interval: price_interval });
}

/** The next charge of a subscription, and its time; `at` null: nothing more. Null if no subscription pays. */
export function nextCharge({
  price_interval,
  price_currency,
  next_charge_at: at,
  next_charge_amount: amount,
}: License): { amount: string; at: UnixSeconds } | { at: null } | null {
  if (price_interval === null || price_currency === null) return null;
  return at === null || amount === null ? { at: null } : { amount: formatAmount(amount, price_currency), at };
}
