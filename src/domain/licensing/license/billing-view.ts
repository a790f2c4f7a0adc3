import { z } from "@hono/zod-openapi";
import { toRfc3339 } from "../../../lib/time.ts";
import { Timestamp } from "../../../platform/http/schemas.ts";
import type { BillingFacts } from "./record.ts";

const Currency = z.string().openapi({ description: "ISO 4217, in lower case.", example: "usd" });
const amountOf = (description: string) =>
  z
    .number()
    .int()
    .openapi({ description: `${description} In the currency's smallest unit.`, example: 9900 });

export const BillingView = z
  .object({
    price: z.object({
      amount: amountOf("For all machines, before tax and discounts."),
      currency: Currency,
      interval: z.enum(["month", "year"]).nullable().openapi({
        description: "The price is for each interval; null: it is paid once.",
        example: "month",
      }),
    }),
    next_charge: z
      .object({ at: Timestamp, amount: amountOf("With tax and discounts."), currency: Currency })
      .nullable()
      .openapi({ description: "Null: nothing will be charged." }),
  })
  .openapi("Billing");

/** The price and the next charge of a license. Null without a known price. */
export function billingView(license: BillingFacts): z.infer<typeof BillingView> | null {
  const { price_amount, price_currency: currency, price_interval, next_charge_at, next_charge_amount } = license;
  if (price_amount === null || currency === null) return null;
  const isCharged = next_charge_at !== null && next_charge_amount !== null;
  return {
    price: { amount: price_amount, currency, interval: price_interval },
    next_charge: isCharged ? { at: toRfc3339(next_charge_at), amount: next_charge_amount, currency } : null,
  };
}
