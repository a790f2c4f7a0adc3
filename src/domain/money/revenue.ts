import * as z from "zod";
import { DAY, type UnixSeconds } from "../../lib/time.ts";

/** A month in UTC: `2026-11`. */
export type Month = string;

/**
 * The revenue of a month in one currency, in its smallest unit. docs/purchases.md defines each figure. `net` is
 * `gross - refunded - tax`.
 */
export type RevenueMonth = {
  month: Month;
  currency: string;
  gross: number;
  tax: number;
  refunded: number;
  net: number;
  purchases: number;
  renewals: number;
  trials_started: number;
  trials_converted: number;
  /** Monthly recurring revenue at the end of the month, or now in the current one. */
  mrr: number;
  /** The subscriptions that it comes from. */
  subscriptions: number;
  /** Subscriptions that stopped paying in the month. */
  churn: number;
};

/** The months from `from` to `to`, both included, in UTC. */
export type MonthRange = { from: Month; to: Month };

/** The month that contains `at`. */
export const monthOf = (at: UnixSeconds): Month => new Date(at * 1000).toISOString().slice(0, 7);

/** The month `count` months after `month`; before it if negative. */
export function monthAfter(month: Month, count = 1): Month {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + count, 1)).toISOString().slice(0, 7);
}

/** The last `count` months, the one that contains `now` included. */
export const lastMonths = (count: number, now: UnixSeconds): MonthRange => ({
  from: monthAfter(monthOf(now), 1 - count),
  to: monthOf(now),
});

type Sums = Omit<RevenueMonth, "net" | "mrr" | "subscriptions">;
type Recurring = { month: Month; currency: string; amount: number; subscriptions: number };

/**
 * The revenue of each month and currency in which anything was paid, given back or recurring, oldest first. Amounts of
 * different currencies, and money with and without `livemode`, are never added up. Throws D1's errors.
 */
export async function readRevenue(
  db: D1Database,
  { from, to }: MonthRange,
  livemode: boolean,
  now: UnixSeconds,
): Promise<RevenueMonth[]> {
  const mode = livemode ? 1 : 0;
  const [months, days] = await db.batch([
    db
      .prepare(
        `SELECT month, currency, gross, tax, refunded, purchases, renewals, trials_started, trials_converted, churn
         FROM revenue_months WHERE livemode = ? AND month BETWEEN ? AND ? ORDER BY month, currency`,
      )
      .bind(mode, from, to),
    db
      .prepare(
        `SELECT strftime('%Y-%m', day, 'unixepoch') AS month, currency, sum(amount) AS amount, sum(subscriptions) AS subscriptions
         FROM recurring_days WHERE livemode = ? AND day <= ? GROUP BY 1, 2 ORDER BY 1`,
      )
      .bind(mode, now),
  ]);
  return revenueOf((months?.results ?? []) as Sums[], (days?.results ?? []) as Recurring[], { from, to }, now);
}

/** Joins the sums of months with the running sum of the recurring revenue. No month after the current one has any. */
export function revenueOf(
  sums: readonly Sums[],
  changes: readonly Recurring[],
  { from, to }: MonthRange,
  now: UnixSeconds,
): RevenueMonth[] {
  const currencies = [...new Set([...sums, ...changes].map(({ currency }) => currency))].sort();
  const last = to < monthOf(now) ? to : monthOf(now);
  const rows: RevenueMonth[] = [];
  for (let month = from; month <= to; month = monthAfter(month)) {
    for (const currency of currencies) {
      const sum = sums.find((one) => one.month === month && one.currency === currency) ?? NOTHING;
      const upTo = month > last ? [] : changes.filter((one) => one.currency === currency && one.month <= month);
      const mrr = upTo.reduce((all, { amount }) => all + amount, 0);
      const subscriptions = upTo.reduce((all, one) => all + one.subscriptions, 0);
      const net = sum.gross - sum.refunded - sum.tax;
      const row = { ...sum, month, currency, net, mrr, subscriptions };
      if (Object.values(row).some((value) => typeof value === "number" && value !== 0)) rows.push(inOrder(row));
    }
  }
  return rows;
}

const NOTHING = {
  ...{ gross: 0, tax: 0, refunded: 0, purchases: 0, renewals: 0, trials_started: 0, trials_converted: 0, churn: 0 },
};

/** The names of the figures in the order of every answer, table and file. */
export const REVENUE_COLUMNS = [
  ...["month", "currency", "gross", "tax", "refunded", "net", "purchases", "renewals"],
  ...["trials_started", "trials_converted", "mrr", "subscriptions", "churn"],
] as const;

const inOrder = (row: RevenueMonth): RevenueMonth => ({
  month: row.month,
  currency: row.currency,
  gross: row.gross,
  tax: row.tax,
  refunded: row.refunded,
  net: row.net,
  purchases: row.purchases,
  renewals: row.renewals,
  trials_started: row.trials_started,
  trials_converted: row.trials_converted,
  mrr: row.mrr,
  subscriptions: row.subscriptions,
  churn: row.churn,
});

/** The revenue of some days in one currency: what was paid, less what was given back and tax, in its smallest unit. */
export type NetRevenue = { currency: string; net: number };

const NetRow = z.object({ currency: z.string(), net: z.number() });

/** The revenue of the day that begins at `day`, in each currency in which money moved. Throws D1's errors. */
export async function readNetOfDay(db: D1Database, day: UnixSeconds, livemode: boolean): Promise<NetRevenue[]> {
  const { results } = await db
    .prepare(
      `SELECT currency, sum(counted - counted_tax) AS net FROM payments
       WHERE at >= ? AND at < ? AND livemode = ? AND counted <> 0 GROUP BY currency ORDER BY currency`,
    )
    .bind(day, day + DAY, livemode ? 1 : 0)
    .all();
  return z.array(NetRow).parse(results);
}
