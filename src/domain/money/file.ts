import { type Cell, csvLine } from "../../lib/csv.ts";
import { decimalAmount } from "../../lib/money.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { ROWS_A_READ, streamLines } from "../../platform/http/csv.ts";
import { listOrders, type Order, type OrderFilter } from "./orders.ts";
import { REVENUE_COLUMNS, type RevenueMonth } from "./revenue.ts";
import { type OrderView, orderView } from "./view.ts";

const ORDER_COLUMNS = [
  ...["at", "id", "kind", "state", "total", "currency", "counted", "subtotal", "discount", "tax", "invoice_number"],
  ...[
    "license_id",
    "email",
    "plan",
    "machines",
    "order_id",
    "held_reason",
    "period_start",
    "period_end",
    "reverses",
    "livemode",
  ],
  ...["subscription_id", "payment_intent_id", "charge_id", "checkout_session_id", "invoice_url"],
] as const satisfies readonly (keyof OrderView)[];

const ORDER_AMOUNTS: readonly string[] = ["total", "counted", "subtotal", "discount", "tax"];

/** The cells of an order. Amounts are decimal numbers. The sum of `counted` is the revenue. */
const orderCells = (order: OrderView): Cell[] =>
  ORDER_COLUMNS.map((name) => {
    const value = order[name];
    if (typeof value === "boolean") return String(value);
    return ORDER_AMOUNTS.includes(name) && typeof value === "number" && order.currency !== null
      ? decimalAmount(value, order.currency)
      : value;
  });

/** All orders that match as CSV, newest first. An error of D1 breaks the file off. */
export const ordersCsv = (
  db: D1Database,
  filter: OrderFilter,
  livemode: boolean,
  now: UnixSeconds,
): ReadableStream<Uint8Array> =>
  streamLines(
    csvLine(ORDER_COLUMNS),
    (after: Order | undefined) => listOrders(db, { ...filter, after }, ROWS_A_READ, now),
    (order) => csvLine(orderCells(orderView(order, livemode))),
  );

const REVENUE_AMOUNTS: readonly string[] = ["gross", "tax", "refunded", "net", "mrr"];

/** Revenue as CSV. Amounts are decimal numbers. */
export const revenueCsv = (rows: readonly RevenueMonth[]): string =>
  [REVENUE_COLUMNS, ...rows.map(revenueCells)].map(csvLine).join("");

const revenueCells = (row: RevenueMonth): Cell[] =>
  REVENUE_COLUMNS.map((name) => {
    const value = row[name];
    return typeof value === "number" && REVENUE_AMOUNTS.includes(name) ? decimalAmount(value, row.currency) : value;
  });
