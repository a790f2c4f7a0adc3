import { InvalidArgumentError } from "commander";
import * as z from "zod";
import { amountWithCode, decimalAmount } from "../../lib/money.ts";
import type { CatalogCommand, PageOptions } from "../command.ts";
import { printCsv } from "../csv.ts";
import { day } from "../input.ts";
import { paymentState } from "../license-view.ts";
import { formatRows } from "../output.ts";
import { addOrderCommands } from "./orders.ts";

type OrderOptions = PageOptions & {
  license?: string;
  from?: string;
  to?: string;
  state?: string;
  query?: string;
  csv?: true;
};
type RevenueOptions = { from?: string; to?: string; csv?: true };

const Revenue = z.looseObject({
  revenue: z.array(
    z.looseObject({
      month: z.string(),
      currency: z.string(),
      gross: z.number(),
      tax: z.number(),
      refunded: z.number(),
      net: z.number(),
      mrr: z.number(),
    }),
  ),
});
type RevenueRow = z.infer<typeof Revenue>["revenue"][number];

/** Adds `orders` and `revenue`, the commands for money. */
export function addMoneyCommands(program: CatalogCommand): void {
  const orders = program.command("orders").description("Lists payments (default), and shows and solves orders.");

  orders
    .command("list", { isDefault: true })
    .paged()
    .summary("list payments, refunds and disputes")
    .description("Lists every invoice, refund, dispute and credit note, newest first.")
    .option("--license <id>", "of this license (lic_...)")
    .option("--from <day>", "the first day, in UTC (2026-11-01)", day)
    .option("--to <day>", "the last day, in UTC", day)
    .option("-s, --state <state>", "in this state: paid, open, held, disputed, ...")
    .option("--query <text>", "an invoice number, an email or an id of Stripe's")
    .option("--csv", "print all that match as CSV, for a spreadsheet")
    .addHelpText(
      "after",
      "\n`--state held` lists sales that no license could be made of: see\n`orders resolve`.\n\nExample:\n  $ rbee-catalog orders --from 2026-11-01 --to 2026-11-30 --csv > november.csv",
    )
    .runAsAdmin(async (context, { query: q, csv, limit, cursor, ...filter }: OrderOptions) => {
      if (csv) return printCsv(context, "/v1/admin/orders", { ...filter, q });
      const columns = filter.state === "held" ? HELD_COLUMNS : ORDER_COLUMNS;
      return context.list("/v1/admin/orders", "orders", columns, { ...filter, q, limit, cursor });
    });
  addOrderCommands(orders);

  program
    .command("revenue")
    .description("Sums up revenue by month (UTC) and currency, oldest first. The default is a year.")
    .option("--from <month>", "the first month (2026-01)", month)
    .option("--to <month>", "the last month", month)
    .option("--csv", "print it as CSV, for a spreadsheet")
    .runAsAdmin(async (context, { csv, ...months }: RevenueOptions) => {
      if (csv) return printCsv(context, "/v1/admin/revenue", months);
      const answer = await context.client.json(Revenue, { path: "/v1/admin/revenue", query: months });
      context.show(answer, ({ revenue }) =>
        revenue.length === 0 ? "There is no revenue in these months." : formatRows(revenue, REVENUE_COLUMNS),
      );
    });
}

/** The total of an order or payment with its currency; "-" for a checkout without money. */
export function totalOf(row: Record<string, unknown>): string {
  const { total, currency } = row;
  return typeof total === "number" && typeof currency === "string" ? amountWithCode(total, currency) : "-";
}

const ORDER_COLUMNS = {
  AT: "at",
  KIND: "kind",
  STATE: paymentState,
  TOTAL: totalOf,
  INVOICE: "invoice_number",
  EMAIL: "email",
  LICENSE: "license_id",
  ID: "id",
};

/** A held payment has no license yet. Its order is the id for `orders resolve`. */
const HELD_COLUMNS = { AT: "at", ORDER: "order_id", TOTAL: totalOf, EMAIL: "email", WHY: "held_reason", ID: "id" };

const amount = (name: "gross" | "tax" | "refunded" | "net" | "mrr") => (row: RevenueRow) =>
  decimalAmount(row[name], row.currency);

const REVENUE_COLUMNS = {
  MONTH: "month",
  CURRENCY: (row: RevenueRow) => row.currency.toUpperCase(),
  GROSS: amount("gross"),
  TAX: amount("tax"),
  REFUNDED: amount("refunded"),
  NET: amount("net"),
  PURCHASES: "purchases",
  RENEWALS: "renewals",
  TRIALS: (row: RevenueRow) => `${row["trials_converted"]} of ${row["trials_started"]}`,
  MRR: amount("mrr"),
  CHURN: "churn",
} as const;

function month(text: string): string {
  if (/^\d{4}-\d{2}$/.test(text)) return text;
  throw new InvalidArgumentError("Give a month such as 2026-11.");
}
