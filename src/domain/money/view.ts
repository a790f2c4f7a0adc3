import { z } from "@hono/zod-openapi";
import { decodeBase64Url, encodeBase64Url } from "../../lib/encoding.ts";
import { toRfc3339 } from "../../lib/time.ts";
import { Timestamp } from "../../platform/http/schemas.ts";
import { ERASED } from "../licensing/license/record.ts";
import { AdminLicenseView } from "../licensing/license/view.ts";
import type { Order, OrderCursor } from "./orders.ts";
import { PAYMENT_KINDS, PAYMENT_STATES, type Payment } from "./payment.ts";
import type { RevenueMonth } from "./revenue.ts";

const amount = (description: string, example: number) => z.int().openapi({ description, example });
const stripeId = (description: string, example: string | null = null) =>
  z.string().nullable().openapi({ description, example });

const PAYMENT_FIELDS = {
  id: z.string().openapi({ description: "The id of Stripe's object.", example: "in_1a2B3c4D5e6F7g" }),
  kind: z.enum(PAYMENT_KINDS).openapi({
    description:
      "`purchase`: the first payment. `renewal`: a later period. `trial`: the start of a trial. `update`: a change in " +
      "mid-period. The others take money back.",
  }),
  state: z.enum(PAYMENT_STATES).openapi({
    description:
      "Of an invoice: `open`, `paid`, `paid_outside` (outside of Stripe), `uncollectible`, `void`, and `held` for a sale " +
      "without a license. Of a refund: `pending`, `succeeded`, `failed`, `canceled`. Of a dispute: `inquiry`, " +
      "`disputed`, `won`, `lost`. Of a credit note: `issued`, `void`.",
    example: "paid",
  }),
  subtotal: amount("Before discount and tax, in the currency's smallest unit, as all amounts.", 9_900),
  discount: amount("The discount.", 0),
  tax: amount("The tax in the total.", 2_079),
  total: amount("`subtotal - discount + tax`. Positive for a refund, too.", 11_979),
  currency: z.string().openapi({ example: "usd" }),
  invoice_number: z.string().nullable().openapi({ example: "RBEE-0001" }),
  invoice_url: z.string().nullable().openapi({
    description: "Stripe's page of the invoice. Everybody with the address can read it.",
    example: null,
  }),
  at: Timestamp.openapi({ description: "When it was paid, else when it was made." }),
  period_start: Timestamp.nullable(),
  period_end: Timestamp.nullable(),
  livemode: z.boolean().openapi({ description: "False: no real money.", example: true }),
  checkout_session_id: stripeId("The checkout, for a purchase without an invoice."),
  subscription_id: stripeId("The subscription.", "sub_1a2B3c4D5e6F7g"),
  payment_intent_id: stripeId("The payment.", "pi_1a2B3c4D5e6F7g"),
  charge_id: stripeId("The charge that a refund or dispute is about."),
  reverses: stripeId("The id of the entry that a refund, dispute or credit note takes back."),
  counted: amount("What it adds to the revenue of its month; negative: takes away. 0 while nothing is paid.", 11_979),
};

/** A payment of a license as an admin sees it. */
export const PaymentView = z.object(PAYMENT_FIELDS).openapi("Payment");

/** A license as an admin sees it, with its payments. */
export const LicenseWithPayments = AdminLicenseView.extend({
  payments: z.array(PaymentView).openapi({ description: "Newest first." }),
}).openapi("AdminLicenseWithPayments");

/** The view of a payment. */
export const paymentView = (row: Payment): z.infer<typeof PaymentView> => ({
  id: row.id,
  kind: row.kind,
  state: row.state,
  subtotal: row.subtotal,
  discount: row.discount,
  tax: row.tax,
  total: row.total,
  currency: row.currency,
  invoice_number: row.invoice_number,
  invoice_url: row.invoice_url,
  at: toRfc3339(row.at),
  period_start: toRfc3339(row.period_start),
  period_end: toRfc3339(row.period_end),
  livemode: row.livemode,
  checkout_session_id: row.checkout_session_id,
  subscription_id: row.subscription_id,
  payment_intent_id: row.payment_intent_id,
  charge_id: row.charge_id,
  reverses: row.reverses,
  counted: row.counted,
});

const SALE_FIELDS = {
  license_id: z.string().nullable().openapi({ description: "Null: there is no license.", example: null }),
  email: z.string().nullable().openapi({
    description: "The owner's or buyer's address. Null: not known, or erased.",
    example: "ada@example.com",
  }),
  plan: z.string().nullable().openapi({ example: "premium-monthly" }),
  machines: z.int().nullable().openapi({ description: "The license's machines now.", example: 5 }),
  order_id: z.string().nullable().openapi({
    description: "Of a sale without a license: its order, for `POST /v1/admin/orders/{id}/resolve`.",
    example: null,
  }),
  held_reason: z.string().nullable().openapi({ description: "Why no license could be made.", example: null }),
  held_detail: z.string().nullable().openapi({ example: null }),
};

/** An entry of the list of orders. A checkout without money has no amounts. */
export const OrderView = z
  .object({
    ...PAYMENT_FIELDS,
    kind: z.enum([...PAYMENT_KINDS, "checkout"]).openapi({
      description: "The kind of a payment, or `checkout`: one that no money has come from.",
    }),
    subtotal: PAYMENT_FIELDS.subtotal.nullable(),
    discount: PAYMENT_FIELDS.discount.nullable(),
    tax: PAYMENT_FIELDS.tax.nullable(),
    total: PAYMENT_FIELDS.total.nullable(),
    currency: PAYMENT_FIELDS.currency.nullable(),
    ...SALE_FIELDS,
  })
  .openapi("Order");
export type OrderView = z.infer<typeof OrderView>;

const NO_MONEY = {
  ...{ subtotal: null, discount: null, tax: null, total: null, currency: null, invoice_number: null },
  ...{ invoice_url: null, period_start: null, period_end: null, subscription_id: null, payment_intent_id: null },
  ...{ charge_id: null, reverses: null, license_id: null, email: null, counted: 0 },
  ...{ held_reason: null, held_detail: null },
} as const;

/** The view of an order. `livemode` is that of the deployment, which a checkout without money has. */
export function orderView(order: Order, livemode: boolean): OrderView {
  if (order.is === "payment") {
    const { license_id, email, plan, machines, order_id, held_reason, held_detail } = order;
    const sale = { license_id, plan, machines, order_id, held_reason, held_detail };
    return { ...paymentView(order), ...sale, email: email === ERASED ? null : email };
  }
  const { id, state, at, plan, machines, checkout_session_id } = order;
  const checkout = { id, kind: "checkout", state, at: toRfc3339(at), livemode, checkout_session_id } as const;
  return { ...NO_MONEY, ...checkout, plan, machines, order_id: id };
}

/** The cursor after an order. Opaque: clients only send it back. */
export const orderCursor = ({ at, id }: OrderCursor): string =>
  encodeBase64Url(new TextEncoder().encode(`${at}.${id}`));

/** The place in a cursor, or null for a text that `orderCursor` did not make. */
export function parseOrderCursor(cursor: string): OrderCursor | null {
  if (!/^[A-Za-z0-9_-]{1,400}$/.test(cursor) || cursor.length % 4 === 1) return null;
  const [, at, id = ""] =
    /^(\d{1,12})\.([a-z]{2,6}_\w{1,250})$/.exec(new TextDecoder().decode(decodeBase64Url(cursor))) ?? [];
  return at === undefined ? null : { at: Number(at), id };
}

const count = (description: string) => z.int().openapi({ description, example: 12 });

export const RevenueView = z
  .object({
    month: z.string().openapi({ description: "In UTC.", example: "2026-11" }),
    currency: z.string().openapi({ example: "usd" }),
    gross: amount("Everything that was paid, with tax.", 118_800),
    tax: amount("The tax in it, less that in the money given back.", 19_958),
    refunded: amount("Given back: refunds, disputes that are open or lost, and credits.", 11_979),
    net: amount("`gross - refunded - tax`.", 86_863),
    purchases: count("First payments, those after a trial included."),
    renewals: count("Payments of later periods."),
    trials_started: count("Trials that began."),
    trials_converted: count("First payments after a trial."),
    mrr: amount("Monthly recurring revenue at the month's end, or now: without tax, with discounts.", 99_000),
    subscriptions: count("The paying subscriptions behind `mrr`."),
    churn: count("Subscriptions that stopped paying in the month."),
  })
  .openapi("RevenueMonth") satisfies z.ZodType<RevenueMonth>;
