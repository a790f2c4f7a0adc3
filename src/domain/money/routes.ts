import { holdsCredential } from "../../lib/masking/masked.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { CsvFormat, csvHeaders, csvOf, DAY_RANGE, wantsCsv } from "../../platform/http/csv.ts";
import { NextCursor, operation, optionalChoice, PageQuery, unlessEmpty, z } from "../../platform/http/route.ts";
import { admin, createAdminRouter } from "../../platform/identity/authentication.ts";
import { requireLicense } from "../licensing/license/store.ts";
import { adminLicenseView, LicenseParams } from "../licensing/license/view.ts";
import { ordersCsv, revenueCsv } from "./file.ts";
import { listOrders, type OrderFilter } from "./orders.ts";
import { PAYMENT_STATES } from "./payment.ts";
import { lastMonths, type MonthRange, monthAfter, readRevenue } from "./revenue.ts";
import { readPayments } from "./store.ts";
import {
  LicenseWithPayments,
  OrderView,
  orderCursor,
  orderView,
  parseOrderCursor,
  paymentView,
  RevenueView,
} from "./view.ts";

/** Orders and revenue for admins. */
export const moneyRoutes = createAdminRouter();

moneyRoutes.openapi(
  operation("get", "/v1/admin/licenses/{id}", {
    tag: "Admin: licenses",
    summary: "Show a license with its payments",
    description: "Everything except its key, which only its owner needs.",
    access: admin("licenses:read"),
    params: LicenseParams,
    answers: { 200: ["The license, with its payments, newest first.", z.object({ license: LicenseWithPayments })] },
    refusals: ["LICENSE_NOT_FOUND"],
  }),
  async (c) => {
    const license = await requireLicense(c.env.DB, c.req.valid("param").id);
    const payments = await readPayments(c.env.DB, license);
    return c.json({ license: { ...adminLicenseView(license, c.var.now), payments: payments.map(paymentView) } }, 200);
  },
);

/** The query of orders, shared with the console. */
export const OrderQuery = z.object({
  license: unlessEmpty(z.string().max(100).optional()).openapi({
    param: { description: "Only those of this license." },
    type: "string",
  }),
  ...DAY_RANGE,
  state: optionalChoice(PAYMENT_STATES).openapi({
    description:
      "Only those in this state. `open`, `pending` and `failed` also find checkouts that no money has come from.",
  }),
  q: z
    .string()
    .max(254)
    .refine((term) => !holdsCredential(term), "must not hold a key or token, because addresses are logged")
    .optional()
    .openapi({
      param: {
        description:
          "The number of an invoice, an id of Stripe's, or anything by which `GET /v1/admin/licenses` finds licenses.",
      },
      example: "RBEE-0001",
    }),
});

/** The conditions of a query of orders. */
export const orderFilter = ({ to, ...rest }: z.output<typeof OrderQuery>): OrderFilter => ({ ...rest, before: to });

const OrderPage = PageQuery.pick({ limit: true }).extend({
  ...OrderQuery.shape,
  format: CsvFormat,
  cursor: unlessEmpty(
    z
      .string()
      .transform((text, context) => {
        const place = parseOrderCursor(text);
        if (place !== null) return place;
        context.addIssue({ code: "custom", message: "must be the next_cursor of a page" });
        return z.NEVER;
      })
      .optional(),
  ).openapi({ param: { description: "The `next_cursor` of the previous page." }, type: "string" }),
});

moneyRoutes.openapi(
  operation("get", "/v1/admin/orders", {
    tag: "Admin: money",
    summary: "List orders",
    description:
      "Every invoice, checkout without invoice, refund, dispute and credit note, newest first. As CSV, all that match " +
      "in one file, without `limit` and `cursor`; amounts are decimal numbers there.",
    access: admin("money:read"),
    query: OrderPage,
    answers: {
      200: {
        description: "One page, or a file.",
        content: {
          "application/json": { schema: z.object({ orders: z.array(OrderView), next_cursor: NextCursor }) },
          ...csvOf("One line for each order, after a line with the names of the columns.", "id,kind,state\r\n"),
        },
      },
    },
    refusals: ["VALIDATION_FAILED"],
  }),
  async (c) => {
    const { limit, cursor, format, ...query } = c.req.valid("query");
    const filter = orderFilter(query);
    const { LIVEMODE } = c.var.config;
    c.header("Vary", "Accept");
    if (wantsCsv(c, format)) {
      return c.body(ordersCsv(c.env.DB, filter, LIVEMODE, c.var.now), 200, csvHeaders("orders"));
    }
    const found = await listOrders(c.env.DB, { ...filter, after: cursor }, limit + 1, c.var.now);
    const orders = found.slice(0, limit);
    const last = orders.at(-1);
    const next_cursor = found.length > limit && last ? orderCursor(last) : null;
    return c.json({ orders: orders.map((order) => orderView(order, LIVEMODE)), next_cursor }, 200);
  },
);

/** The most months of one answer. */
const MOST_MONTHS = 120;
const USUAL_MONTHS = 12;

const MonthField = unlessEmpty(
  z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])(-\d{2})?$/, "must be a month such as 2026-11")
    .transform((text) => text.slice(0, 7))
    .optional(),
);

/** The months of a query, shared with the console. */
export const RevenueQuery = z.object({
  from: MonthField.openapi({ param: { description: "The first month." }, type: "string", example: "2026-01" }),
  to: MonthField.openapi({
    param: { description: "The last month. The default is the current one, and a year in all." },
    type: "string",
    example: "2026-11",
  }),
});

/** The months that a query asks for: a year until now, unless it says otherwise. */
export function monthsOf({ from, to }: z.output<typeof RevenueQuery>, now: UnixSeconds): MonthRange {
  const last = to ?? lastMonths(1, now).to;
  return { from: from ?? monthAfter(last, 1 - USUAL_MONTHS), to: last };
}

moneyRoutes.openapi(
  operation("get", "/v1/admin/revenue", {
    tag: "Admin: money",
    summary: "Sum up revenue by month and currency",
    description:
      "Amounts of different currencies are never added up, and test money has its own deployment. Months are in UTC. As " +
      "CSV, amounts are decimal numbers.",
    access: admin("money:read"),
    query: RevenueQuery.extend({ format: CsvFormat }).refine(
      ({ from, to }) => from === undefined || to === undefined || (from <= to && monthAfter(from, MOST_MONTHS) > to),
      { message: `must be the first of at most ${MOST_MONTHS} months`, path: ["from"] },
    ),
    answers: {
      200: {
        description: "Oldest month first.",
        content: {
          "application/json": { schema: z.object({ livemode: z.boolean(), revenue: z.array(RevenueView) }) },
          ...csvOf("One line for each month and currency.", revenueCsv([])),
        },
      },
    },
    refusals: ["VALIDATION_FAILED"],
  }),
  async (c) => {
    const { format, ...query } = c.req.valid("query");
    const { LIVEMODE: livemode } = c.var.config;
    const revenue = await readRevenue(c.env.DB, monthsOf(query, c.var.now), livemode, c.var.now);
    c.header("Vary", "Accept");
    if (wantsCsv(c, format)) {
      return c.body(revenueCsv(revenue), 200, csvHeaders("revenue"));
    }
    return c.json({ livemode, revenue }, 200);
  },
);
