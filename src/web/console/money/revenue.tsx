import { revenueCsv } from "../../../domain/money/file.ts";
import { lastMonths, type Month, type RevenueMonth, readRevenue } from "../../../domain/money/revenue.ts";
import { formatAmount } from "../../../lib/money.ts";
import { csvHeaders, csvOf } from "../../../platform/http/csv.ts";
import { type Column, DataTable } from "../../page/kit.ts";
import { type ConsoleContext, consolePage, consoleView, z } from "../kit.ts";

const MONTHS = ["12", "36"] as const;

const MonthCount = z
  .enum(MONTHS)
  .default(MONTHS[0])
  .openapi({ description: "The number of months, this one included.", example: "12" });

const MONTH_NAME = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });

/** A month for people: `November 2026`. */
export const monthName = (month: Month): string => MONTH_NAME.format(new Date(`${month}-01T00:00:00Z`));

const amount = (name: "gross" | "tax" | "refunded" | "net" | "mrr") => (row: RevenueMonth) =>
  formatAmount(row[name], row.currency);

const COLUMNS: readonly Column<RevenueMonth>[] = [
  { header: "Month", cell: ({ month }) => monthName(month) },
  { header: "Currency", cell: ({ currency }) => currency.toUpperCase() },
  { header: "Gross", cell: amount("gross"), numeric: true },
  { header: "Tax", cell: amount("tax"), numeric: true },
  { header: "Refunded", cell: amount("refunded"), numeric: true },
  { header: "Net", cell: amount("net"), numeric: true },
  { header: "Purchases", cell: ({ purchases }) => purchases, numeric: true },
  { header: "Renewals", cell: ({ renewals }) => renewals, numeric: true },
  { header: "Trials", cell: ({ trials_started }) => trials_started, numeric: true },
  { header: "Converted", cell: ({ trials_converted }) => trials_converted, numeric: true },
  { header: "MRR", cell: amount("mrr"), numeric: true },
  { header: "Subscriptions", cell: ({ subscriptions }) => subscriptions, numeric: true },
  { header: "Churn", cell: ({ churn }) => churn, numeric: true },
];

/** The revenue of this deployment in the last months. Throws D1's errors. */
export const readLastMonths = (c: ConsoleContext, months: number): Promise<RevenueMonth[]> =>
  readRevenue(c.env.DB, lastMonths(months, c.var.now), c.var.config.LIVEMODE, c.var.now);

export const revenueRead = consoleView(
  "/admin/revenue",
  {
    scope: "money:read",
    query: z.object({ months: MonthCount }),
    summary: "Show revenue by month and currency",
    answers: { 200: "A row for each month and currency, newest first." },
  },
  async (c, { months }) =>
    consolePage(c, {
      title: "Revenue",
      main: (
        <>
          <div class="row spread">
            <h1>Revenue</h1>
            <nav class="row" aria-label="Months">
              {MONTHS.map((one) => (
                <a href={`/admin/revenue?months=${one}`} aria-current={one === months ? "page" : undefined}>
                  {one} months
                </a>
              ))}
              <a href={`/admin/revenue/csv?months=${months}`}>Download as CSV</a>
            </nav>
          </div>
          <p>
            By the day of payment, in UTC. Currencies are never added up. Net is gross without tax and refunds. MRR is
            the monthly price of all paying subscriptions at the end of the month, without tax. Churn counts
            subscriptions that stopped paying.
          </p>
          <DataTable
            caption="Revenue by month and currency"
            quiet
            columns={COLUMNS}
            rows={(await readLastMonths(c, Number(months))).reverse()}
            empty="Nothing was sold in these months."
          />
        </>
      ),
    }),
);

export const revenueFile = consoleView(
  "/admin/revenue/csv",
  {
    scope: "money:read",
    query: z.object({ months: MonthCount }),
    summary: "Download revenue as a file",
    files: {
      200: { description: "The months.", content: csvOf("A line for each month and currency.", revenueCsv([])) },
    },
  },
  async (c, { months }) => c.body(revenueCsv(await readLastMonths(c, Number(months))), 200, csvHeaders("revenue")),
);
