import type Stripe from "stripe";

const DAY = 86_400;

/**
 * The end of the billing period that contains `at` (seconds), or begins there: the first multiple of the price's interval
 * after the anchor that is later. A month ends on the anchor's day of the month, or on its last day if it is shorter.
 */
export function periodEnd(price: Stripe.Price, anchor: number, at: number): number {
  const { interval, interval_count: count } = price.recurring ?? { interval: "month", interval_count: 1 };
  if (interval === "day" || interval === "week") {
    const length = count * DAY * (interval === "week" ? 7 : 1);
    return anchor + (Math.floor((at - anchor) / length) + 1) * length;
  }
  const months = count * (interval === "year" ? 12 : 1);
  for (let step = 1; ; step += 1) {
    const end = addMonths(anchor, step * months);
    if (end > at) return end;
  }
}

function addMonths(seconds: number, months: number): number {
  const date = new Date(seconds * 1000);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return Math.floor(date.getTime() / 1000);
}
