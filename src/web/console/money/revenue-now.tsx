import { monthOf, type NetRevenue, type RevenueMonth, readNetOfDay } from "../../../domain/money/revenue.ts";
import { formatAmount } from "../../../lib/money.ts";
import { startOfDay, type UnixSeconds } from "../../../lib/time.ts";
import { counted, type FC, formatCount, Stat } from "../../page/kit.ts";
import type { ConsoleContext } from "../kit.ts";
import { monthName, readLastMonths } from "./revenue.tsx";

/** The revenue of this month and the one before, and that since 00:00 UTC. */
export type RevenueNow = { months: readonly RevenueMonth[]; today: readonly NetRevenue[] };

/** Reads the revenue of this deployment for the dashboard. Throws D1's errors. */
export async function readRevenueNow(c: ConsoleContext): Promise<RevenueNow> {
  const [months, today] = await Promise.all([
    readLastMonths(c, 2),
    readNetOfDay(c.env.DB, startOfDay(c.var.now), c.var.config.LIVEMODE),
  ]);
  return { months, today };
}

/** The revenue at the top of the dashboard: today, this month, each month, and the sales behind it, by currency. */
export const RevenueSection: FC<RevenueNow & { now: UnixSeconds }> = ({ months, today, now }) => {
  const current = months.filter(({ month }) => month === monthOf(now));
  return (
    <section aria-labelledby="revenue">
      <div class="row spread">
        <h2 id="revenue">Revenue</h2>
        <nav class="row" aria-label="Money">
          <a href="/admin/revenue">All months</a>
          <a href="/admin/orders">Orders</a>
        </nav>
      </div>
      {current.length === 0 ? <p class="empty">Nothing sold yet this month.</p> : null}
      {current.map((row) => (
        <Currency row={row} today={today} before={before(months, row)} />
      ))}
    </section>
  );
};

type CurrencyProps = { row: RevenueMonth; today: readonly NetRevenue[]; before: string };

const Currency: FC<CurrencyProps> = ({ row, today, before }) => {
  const { currency, gross, tax, refunded, net, mrr, subscriptions, churn } = row;
  const amount = (value: number) => formatAmount(value, currency);
  return (
    <div class="figures">
      <Stat
        label={`Today, net in ${currency.toUpperCase()}`}
        value={amount(today.find((one) => one.currency === currency)?.net ?? 0)}
        hint="Since 00:00 UTC, without tax and refunds"
      />
      <Stat
        label={`${monthName(row.month)}, net`}
        value={amount(net)}
        hint={`${amount(gross)} paid, ${amount(tax)} tax, ${amount(refunded)} refunded.${before}`}
      />
      <Stat
        label="Recurring each month (MRR)"
        value={amount(mrr)}
        hint={`${counted(subscriptions, "subscription")}, ${formatCount(churn)} stopped this month`}
      />
      <Stat
        label="Purchases this month"
        value={row.purchases}
        hint={`${counted(row.renewals, "renewal")}, ${counted(row.trials_started, "trial")} started, ${formatCount(row.trials_converted)} converted`}
      />
    </div>
  );
};

/** The net revenue of the month before in the same currency. */
function before(rows: readonly RevenueMonth[], { month, currency }: RevenueMonth): string {
  const last = rows.findLast((row) => row.currency === currency && row.month < month);
  return last === undefined ? "" : ` ${formatAmount(last.net, currency)} in ${monthName(last.month)}.`;
}
