import * as z from "zod";
import type { UnixSeconds } from "../../lib/time.ts";
import { licenseIdQuery } from "../licensing/license/search.ts";
import { PaymentRow, type PaymentState } from "./payment.ts";

/** A row of money with its sale: the license, its owner and plan, as far as they are known. */
export type OrderRow = z.output<typeof OrderRow>;
const OrderRow = PaymentRow.extend({
  email: z.string().nullable(),
  plan: z.string().nullable(),
  machines: z.number().nullable(),
  /** Of a held sale: its order, and why no license could be made. */
  order_id: z.string().nullable(),
  held_reason: z.string().nullable(),
  held_detail: z.string().nullable(),
});

/** The states of a checkout that no money has come from. */
export const CHECKOUT_STATES = ["open", "pending", "failed"] as const;

const CheckoutRow = z.object({
  id: z.string(),
  state: z.enum(CHECKOUT_STATES),
  at: z.number(),
  plan: z.string(),
  machines: z.number(),
  checkout_session_id: z.string().nullable(),
});

/** A checkout without money. It has no amounts. */
export type CheckoutRow = z.output<typeof CheckoutRow>;

/** An entry of the list of orders. */
export type Order = ({ is: "payment" } & OrderRow) | ({ is: "checkout" } & CheckoutRow);

/** A place in the list: after the entry with this time and id. */
export type OrderCursor = { at: UnixSeconds; id: string };

/** The conditions of the list; all of them apply. `before`: no entry from this time on. */
export type OrderFilter = {
  license?: string | undefined;
  state?: PaymentState | undefined;
  from?: UnixSeconds | undefined;
  before?: UnixSeconds | undefined;
  q?: string | undefined;
  after?: OrderCursor | undefined;
};

/** A query with its parameters. */
type Query = { sql: string; params: (string | number)[] };

/**
 * Up to `limit` orders, newest first: all money, and the checkouts without money if their state is asked for. Throws
 * D1's errors.
 */
export async function listOrders(
  db: D1Database,
  filter: OrderFilter,
  limit: number,
  now: UnixSeconds,
): Promise<Order[]> {
  const queries = [paymentQuery(filter, limit, now), ...checkoutQuery(filter, limit)];
  const [payments, checkouts] = await db.batch(queries.map(({ sql, params }) => db.prepare(sql).bind(...params)));
  const found: Order[] = [
    ...(payments?.results ?? []).map((row) => ({ is: "payment" as const, ...OrderRow.parse(row) })),
    ...(checkouts?.results ?? []).map((row) => ({ is: "checkout" as const, ...CheckoutRow.parse(row) })),
  ];
  return found.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).slice(0, limit);
}

/** The states of nearly all rows. The index `payments_by_state` has the others. */
const USUAL: readonly string[] = ["paid", "succeeded"];

/** The query for payments. Each condition uses an index (test/domain/money/orders.test.ts). */
export function paymentQuery(filter: OrderFilter, limit: number, now: UnixSeconds): Query {
  const { license, state, from, before, after } = filter;
  const params: (string | number)[] = [];
  const bind = (value: string | number) => `?${params.push(value)}`;
  const q = filter.q?.trim() ?? "";
  const conditions = [
    ...(q === "" ? [] : [`payments.id IN (${found(q, params, now)})`]),
    ...(license === undefined ? [] : [`payments.license_id = ${bind(license)}`]),
    ...(state === undefined ? [] : [stateCondition(state, bind)]),
    ...(from === undefined ? [] : [`payments.at >= ${bind(from)}`]),
    ...(before === undefined ? [] : [`payments.at < ${bind(before)}`]),
    ...(after === undefined ? [] : [`(payments.at, payments.id) < (${bind(after.at)}, ${bind(after.id)})`]),
  ];
  return {
    sql: `SELECT payments.*, coalesce(licenses.email, orders.email) AS email, coalesce(licenses.plan, orders.plan) AS plan,
        coalesce(licenses.machine_limit, orders.machines) AS machines, orders.id AS order_id, held_reason, held_detail
      FROM payments LEFT JOIN licenses ON licenses.id = payments.license_id
        LEFT JOIN orders ON payments.license_id IS NULL AND orders.checkout_session_id = payments.checkout_session_id
      ${conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`}
      ORDER BY payments.at DESC, payments.id DESC LIMIT ${limit}`,
    params,
  };
}

const stateCondition = (state: PaymentState, bind: (value: string) => string): string =>
  `payments.state = ${bind(state)}${USUAL.includes(state) ? "" : " AND payments.state NOT IN ('paid', 'succeeded')"}`;

/** Ids of Stripe's, each with the column of payments that has such ids. Licenses are found by the other ids. */
const STRIPE_COLUMNS: readonly (readonly [prefix: RegExp, column: string])[] = [
  [/^(in|re|pyr|dp|du|cn)_/, "id"],
  [/^sub_/, "subscription_id"],
  [/^pi_/, "payment_intent_id"],
  [/^(ch|py)_/, "charge_id"],
];

/** The number of licenses whose orders one search finds. */
const LICENSES_FOUND = 200;

/**
 * The query for the ids of payments that a search term finds: an id of Stripe's, the number of an invoice, or anything
 * that finds a license. A license is also found by its invoices, and a number of one means that invoice alone. `params`
 * gets its parameters.
 */
function found(q: string, params: (string | number)[], now: UnixSeconds): string {
  const bind = (value: string) => `?${params.push(value)}`;
  const column = STRIPE_COLUMNS.find(([prefix]) => prefix.test(q))?.[1];
  if (column !== undefined) return `SELECT id FROM payments WHERE ${column} = ${bind(q)}`;
  const term = bind(q);
  const licenses = licenseIdQuery({ q }, LICENSES_FOUND, now);
  const offset = params.length;
  params.push(...licenses.params);
  const ids = licenses.sql.replace(/\?(\d+)/g, (_, number) => `?${offset + Number(number)}`);
  return `SELECT id FROM payments WHERE invoice_number = ${term}
    UNION SELECT id FROM payments WHERE checkout_session_id = ${term}
    UNION SELECT payments.id FROM orders JOIN payments USING (checkout_session_id) WHERE orders.id = ${term}
    UNION SELECT payments.id FROM orders JOIN payments USING (checkout_session_id) WHERE orders.email = lower(${term})
    UNION SELECT id FROM payments WHERE license_id IN (${ids})
      AND NOT EXISTS (SELECT 1 FROM payments WHERE invoice_number = ${term})`;
}

/** The query for checkouts without money, if the filter asks for them. Their buyers are not known here. */
export function checkoutQuery({ license, state, from, before, q, after }: OrderFilter, limit: number): Query[] {
  if (license !== undefined || !CHECKOUT_STATES.some((one) => one === state)) return [];
  const params: (string | number)[] = [];
  const bind = (value: string | number) => `?${params.push(value)}`;
  const term = q?.trim() ?? "";
  const conditions = [
    `state = ${bind(state ?? "")}`,
    // The indexes have the others.
    ...(state === "pending" ? [] : ["state IN ('open', 'failed') AND resolved_at IS NULL"]),
    ...(term === "" ? [] : [`${bind(term)} IN (checkout_session_id, id, email)`]),
    ...(from === undefined ? [] : [`created_at >= ${bind(from)}`]),
    ...(before === undefined ? [] : [`created_at < ${bind(before)}`]),
    ...(after === undefined ? [] : [`(created_at, id) < (${bind(after.at)}, ${bind(after.id)})`]),
  ];
  return [
    {
      sql: `SELECT id, state, created_at AS at, plan, machines, checkout_session_id FROM orders
        WHERE ${conditions.join(" AND ")} ORDER BY created_at DESC, id DESC LIMIT ${limit}`,
      params,
    },
  ];
}
