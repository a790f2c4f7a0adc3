import * as z from "zod";

/** The kinds of rows of money. The first four are paid by a customer, the others take money back. */
export const PAYMENT_KINDS = ["purchase", "renewal", "trial", "update", "refund", "dispute", "credit_note"] as const;
export type PaymentKind = (typeof PAYMENT_KINDS)[number];

/**
 * The states of rows. An invoice is `open`, `paid`, `paid_outside` (outside of Stripe), `uncollectible` or `void`; a
 * sale without a license is `held`. A refund is `pending`, `succeeded`, `failed` or `canceled`. A dispute is an
 * `inquiry`, `disputed`, `won` or `lost`. A credit note is `issued` or `void`.
 */
export const PAYMENT_STATES = [
  ...["open", "paid", "paid_outside", "uncollectible", "void", "held"],
  ...["pending", "succeeded", "failed", "canceled"],
  ...["inquiry", "disputed", "won", "lost"],
  "issued",
] as const;
export type PaymentState =
  | ("open" | "paid" | "paid_outside" | "uncollectible" | "void" | "held")
  | ("pending" | "succeeded" | "failed" | "canceled")
  | ("inquiry" | "disputed" | "won" | "lost")
  | "issued";

const flag = z.number().transform((value) => value === 1);

/** A row of `payments` without its license: an invoice, checkout, refund, dispute or credit note. */
export const Payment = z.object({
  /** Stripe's id. */
  id: z.string(),
  kind: z.enum(PAYMENT_KINDS),
  state: z.custom<PaymentState>((value) => PAYMENT_STATES.some((state) => state === value)),
  /** In the currency's smallest unit, as the other amounts. `subtotal - discount + tax = total`. */
  subtotal: z.number(),
  discount: z.number(),
  tax: z.number(),
  total: z.number(),
  currency: z.string(),
  invoice_number: z.string().nullable(),
  invoice_url: z.string().nullable(),
  /** When it was paid, else when it was made. */
  at: z.number(),
  period_start: z.number().nullable(),
  period_end: z.number().nullable(),
  livemode: flag,
  checkout_session_id: z.string().nullable(),
  subscription_id: z.string().nullable(),
  payment_intent_id: z.string().nullable(),
  charge_id: z.string().nullable(),
  /** The id of the row that a refund, dispute or credit note takes back. */
  reverses: z.string().nullable(),
  /** The money that it adds to the revenue of its month, and the tax in it; negative: takes away. */
  counted: z.number(),
  counted_tax: z.number(),
  is_paid: flag,
  converts_trial: flag,
  /** What it adds to the monthly recurring revenue from `period_start` to `recurring_until` (null: no end yet). */
  recurring: z.number(),
  recurring_until: z.number().nullable(),
  /** Whether its subscription pays nothing after `recurring_until`. */
  churns: flag,
});
export type Payment = z.output<typeof Payment>;

/** A row of `payments`. The license is null for a sale that no license could be made of. */
export const PaymentRow = Payment.extend({ license_id: z.string().nullable(), recorded_at: z.number() });
export type PaymentRow = z.output<typeof PaymentRow>;

/** Whether a row takes money back. */
export const isReversal = ({ kind }: Pick<Payment, "kind">): boolean =>
  kind === "refund" || kind === "dispute" || kind === "credit_note";

/** The amounts and marks of a row without effect on any figure. */
export const UNCOUNTED = {
  ...{ invoice_number: null, invoice_url: null, period_start: null, period_end: null, checkout_session_id: null },
  ...{ subscription_id: null, payment_intent_id: null, charge_id: null, reverses: null, counted: 0, counted_tax: 0 },
  ...{ is_paid: false, converts_trial: false, recurring: 0, recurring_until: null, churns: false },
} as const satisfies Partial<Payment>;
