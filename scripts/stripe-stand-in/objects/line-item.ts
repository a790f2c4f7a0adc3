import type Stripe from "stripe";
import type { StandIn } from "../stand-in.ts";
import { newId } from "../state.ts";
import { amountOf } from "./price.ts";

export type Adjustable = { enabled: boolean; minimum?: number | undefined; maximum?: number | undefined };

/** One line of a checkout session; `amount_total` has no discount and no tax yet. */
export function lineItem(
  standIn: StandIn,
  price: Stripe.Price,
  quantity: number,
  adjustable: Adjustable | undefined,
): Stripe.LineItem {
  const amount = amountOf(price, quantity);
  const product = typeof price.product === "string" ? standIn.state.products[price.product] : undefined;
  return {
    id: newId("li"),
    object: "item",
    adjustable_quantity: adjustable?.enabled
      ? { enabled: true, minimum: adjustable.minimum ?? 1, maximum: adjustable.maximum ?? 99 }
      : null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: price.currency,
    description: product?.name ?? null,
    metadata: {},
    price,
    quantity,
  };
}

/** Writes a quantity and a discount (in percent) into a line. */
export function reprice(item: Stripe.LineItem, quantity: number, percentOff: number): void {
  if (!item.price) return;
  item.quantity = quantity;
  item.amount_subtotal = amountOf(item.price, quantity);
  item.amount_discount = Math.round((item.amount_subtotal * percentOff) / 100);
  item.amount_total = item.amount_subtotal - item.amount_discount;
}
