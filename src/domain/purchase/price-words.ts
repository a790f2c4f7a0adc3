import { formatAmount, perInterval } from "../../lib/money.ts";
import { type BillingInterval, intervalOf, type SoldPlan } from "../licensing/plans.ts";
import type { PlanOffer, Price } from "./prices.ts";

/** The adjective of each way to pay, for lists: `monthly or lifetime`. */
const ADJECTIVES: Readonly<Record<BillingInterval | "once", string>> = {
  month: "monthly",
  year: "yearly",
  once: "lifetime",
};

/** The ways to pay of some plans, as words: `monthly or lifetime`. */
export const waysToPay = (sold: readonly Pick<SoldPlan, "billing">[]): string =>
  [...new Set(sold.map(({ billing }) => ADJECTIVES[billing.interval]))].join(" or ");

/** The amount of a price in a currency; null if it is not sold in it. */
export const amountIn = ({ amounts }: Pick<Price, "amounts">, currency: string): number | null =>
  amounts[currency] ?? null;

/** The currencies that every offer with a price is sold in, in the order of the first one. */
export function commonCurrencies(offers: readonly Pick<PlanOffer, "price">[]): string[] {
  const [first, ...rest] = offers.flatMap(({ price }) => (price === null ? [] : [price]));
  if (first === undefined) return [];
  const own = [first.currency, ...Object.keys(first.amounts).filter((each) => each !== first.currency)];
  return own.filter((currency) => rest.every((price) => amountIn(price, currency) !== null));
}

/** The currency to show all offers in: the wanted one if all have it, else the first common one; null if none is. */
export function comparisonCurrency(
  offers: readonly Pick<PlanOffer, "price">[],
  wanted: string | undefined = undefined,
): string | null {
  const common = commonCurrencies(offers);
  return common.find((currency) => currency === wanted) ?? common[0] ?? null;
}

/** A price in a currency that it may have, else in its own. */
export function priceAs(price: Price, currency: string | null): Price {
  const amount = currency === null ? null : amountIn(price, currency);
  return currency === null || amount === null ? price : { ...price, amount, currency };
}

/** The cost of some blocks of machines, as words: `$198/month`. */
export const totalInWords = ({ amount, currency, interval }: Price, blocks: number): string =>
  `${formatAmount(amount * blocks, currency)}${perInterval(interval)}`;

/** How tax relates to a price, in words. */
export function taxInWords({ tax_behavior }: Pick<Price, "tax_behavior">): string {
  if (tax_behavior === "inclusive") return "Tax is included.";
  return tax_behavior === "exclusive"
    ? "Plus VAT or sales tax of your country. The payment page shows the total before you pay."
    : "The payment page shows tax and the total before you pay.";
}

/** When a plan is paid, and how that ends, in words. */
export function renewalInWords(plan: Pick<SoldPlan, "billing">): string {
  const interval = intervalOf(plan);
  return interval === null
    ? "Paid once. Never renews."
    : `Renews every ${interval}. Cancel at any time in your account: it then works until the paid ${interval} ends.`;
}

/** What follows the free trial of a plan at a price, in words. Null: the plan has no trial. */
export function afterTrialInWords({ trial_days: days }: Pick<SoldPlan, "trial_days">, cost: string): string | null {
  if (days === 0) return null;
  return `Today you pay nothing. After ${days} days we charge ${cost}. We email you a week before. Cancel before, and you never pay.`;
}
