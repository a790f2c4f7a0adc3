import type { License } from "../../../domain/licensing/license/record.ts";
import { formatAmount, priceInWords } from "../../../lib/money.ts";
import { type Child, Time } from "../../page/kit.ts";

/** The price of a license in words: `$99/month`, or that it is free of charge. */
export function priceText({ stripe_customer_id, price_amount, price_currency, price_interval }: License): string {
  if (stripe_customer_id === null) return "Free of charge";
  if (price_amount === null || price_currency === null) return "Price in the billing portal";
  return priceInWords({ amount: price_amount, currency: price_currency, interval: price_interval });
}

/** The next charge of a license in words, for one that is paid by a subscription; else null. */
export function nextChargeText({ price_interval, price_currency, ...license }: License): Child {
  const { next_charge_at: at, next_charge_amount: amount } = license;
  if (price_interval === null || price_currency === null) return null;
  if (at === null || amount === null) return "Nothing more will be charged";
  return (
    <>
      {formatAmount(amount, price_currency)} on <Time at={at} />
    </>
  );
}
