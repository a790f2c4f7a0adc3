import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import type { Observation } from "../../../src/domain/purchase/observation.ts";
import { decideRefund, explainRefundRefusal } from "../../../src/domain/purchase/refundable.ts";

type Payment = { payment_intent?: string; payment_record?: string; type: string };

const invoice = (id: string, paidAt: number, payment: Payment | null, over: object = {}) =>
  ({
    id,
    status: "paid",
    number: `R-${id}`,
    amount_paid: 9900,
    created: 1,
    currency: "usd",
    status_transitions: { paid_at: paidAt },
    payments: { data: payment === null ? [] : [{ status: "paid", amount_paid: 9900, payment }] },
    ...over,
  }) as unknown as Stripe.Invoice;

const byCharge = (intent: string): Payment => ({ type: "payment_intent", payment_intent: intent });
const OUTSIDE: Payment = { type: "payment_record", payment_record: "pr_1" };

const charge = (id: string, { refunded = 0, disputes = [] as string[], refunds = 0 } = {}) =>
  ({
    charge: { id, payment_intent: `pi_${id}`, amount_captured: 9900, amount_refunded: refunded, currency: "usd" },
    refunds: Array.from({ length: refunds }, () => ({})),
    disputes: disputes.map((status) => ({ status })),
  }) as unknown as Observation["charges"][number];

const decide = (over: Partial<Observation>) =>
  decideRefund({
    subscription: null,
    session: null,
    invoices: [],
    charges: [],
    creditNotes: [],
    next: null,
    ...over,
  });

describe("a refund", () => {
  it("goes to the invoice that was paid last, whenever it was made", () => {
    const invoices = [invoice("b", 20, byCharge("pi_ch_b"), { created: 9 }), invoice("a", 30, byCharge("pi_ch_a"))];
    expect(decide({ invoices, charges: [charge("ch_a"), charge("ch_b")] })).toEqual({
      ok: true,
      value: {
        amount: 9900,
        outside: 0,
        currency: "usd",
        parts: [{ chargeId: "ch_a", amount: 9900, refunds: 0 }],
      },
    });
  });

  it("passes over invoices that took no money: of a trial, paid by a balance, open, void or uncollectible", () => {
    const invoices = [
      invoice("e", 60, null, { status: "open", amount_paid: 0 }),
      invoice("d", 50, null, { status: "void" }),
      invoice("c", 40, null, { status: "uncollectible" }),
      invoice("b", 30, null, { amount_paid: 0 }),
      invoice("a", 20, byCharge("pi_ch_a")),
    ];
    expect(decide({ invoices, charges: [charge("ch_a")] })).toMatchObject({ value: { parts: [{ chargeId: "ch_a" }] } });
    expect(decide({ invoices: invoices.slice(0, 4) })).toEqual({ ok: true, value: null });
  });

  it("gives back what is left after refunds, and after credits in another way", () => {
    const invoices = [invoice("a", 20, byCharge("pi_ch_a"))];
    const charges = [charge("ch_a", { refunded: 2000, refunds: 2 })];
    const note = { invoice: "a", status: "issued", post_payment_amount: 3000, refunds: [{ amount_refunded: 1000 }] };
    const creditNotes = [
      note,
      { ...note, status: "void" },
      { ...note, invoice: "z" },
    ] as unknown as Stripe.CreditNote[];
    expect(decide({ invoices, charges, creditNotes })).toMatchObject({
      value: { amount: 5900, parts: [{ chargeId: "ch_a", amount: 5900, refunds: 2 }] },
    });
  });

  it("is nothing once everything is given back", () => {
    const invoices = [invoice("a", 20, byCharge("pi_ch_a"))];
    expect(decide({ invoices, charges: [charge("ch_a", { refunded: 9900 })] })).toMatchObject({
      value: { amount: 0, parts: [] },
    });
  });

  it.each([
    ["an open dispute", ["needs_response"], "disputed", "refunds no disputed payment"],
    ["a lost dispute", ["lost"], "returned", "already returned"],
  ] as const)("is refused for %s", (_, disputes, why, words) => {
    const invoices = [invoice("a", 20, byCharge("pi_ch_a"))];
    const decided = decide({ invoices, charges: [charge("ch_a", { disputes: [...disputes] })] });
    if (decided.ok) throw new Error("it is not refused");
    expect(decided.error).toMatchObject({ why, amount: 9900 });
    expect(explainRefundRefusal(decided.error)).toMatchObject({
      code: "CONFLICT",
      detail: expect.stringContaining(words),
    });
  });

  it.each([["warning_needs_response"], ["warning_closed"], ["won"]])("is allowed for a dispute that is %s", (state) => {
    const invoices = [invoice("a", 20, byCharge("pi_ch_a"))];
    expect(decide({ invoices, charges: [charge("ch_a", { disputes: [state] })] })).toMatchObject({
      value: { amount: 9900 },
    });
  });

  it("is refused for a payment outside Stripe, by its invoice's number", () => {
    const decided = decide({ invoices: [invoice("a", 20, OUTSIDE)] });
    if (decided.ok) throw new Error("it is not refused");
    expect(explainRefundRefusal(decided.error).detail).toBe(
      "The last payment of $99 (invoice R-a) was made outside Stripe, so Stripe cannot give it back. Return it the way it came. Nothing was changed. To end the license, revoke it and cancel its subscription.",
    );
  });

  it("of a purchase without an invoice, or with one that does not name its payment, goes to its charge", () => {
    const session = { id: "cs_1", payment_intent: "pi_ch_a" } as Stripe.Checkout.Session;
    const charges = [charge("ch_a"), charge("ch_old")];
    for (const invoices of [[], [invoice("a", 20, null)], [invoice("a", 20, OUTSIDE)]]) {
      expect(decide({ session, charges, invoices })).toMatchObject({ value: { amount: 9900, outside: 0 } });
    }
  });
});
