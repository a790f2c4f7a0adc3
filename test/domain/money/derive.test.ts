import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { type MoneySources, paymentsOf } from "../../../src/domain/money/derive.ts";
import { billed, dispute, invoice, MONTH_1, MONTH_2, MONTH_3, MONTH_4, refund } from "../../support/stripe-money.ts";

const sources = (over: Partial<MoneySources>): MoneySources => ({
  ...{ subscription: null, session: null, invoices: [], charges: [], creditNotes: [] },
  ...over,
});

const first = invoice({
  ...{ id: "in_1", created: MONTH_1, billing_reason: "subscription_create" },
  lines: [{ amount: 9_900, period: [MONTH_1, MONTH_2] }],
});
const second = invoice({ id: "in_2", created: MONTH_2, lines: [{ amount: 9_900, period: [MONTH_2, MONTH_3] }] });
const trial = invoice({
  ...{ id: "in_0", created: MONTH_1, billing_reason: "subscription_create", intent: null },
  lines: [{ amount: 0, period: [MONTH_1, MONTH_2] }],
});

describe("paymentsOf: a subscription", () => {
  it("the first period is a purchase and later ones are renewals, in any order of the invoices", () => {
    const rows = paymentsOf(sources({ subscription: billed(), invoices: [second, first] }));
    expect(rows).toMatchObject([
      { id: "in_1", kind: "purchase", state: "paid", total: 9_900, counted: 9_900, period_end: MONTH_2 },
      { id: "in_2", kind: "renewal", at: MONTH_2 + 3600, invoice_number: "RBEE-in_2", payment_intent_id: "pi_in_2" },
    ]);
    expect(paymentsOf(sources({ subscription: billed(), invoices: [first, second] }))).toEqual(rows);
  });

  it("a trial costs nothing, and the first payment after it is the purchase that converts it", () => {
    const [started, bought] = paymentsOf(sources({ subscription: billed(), invoices: [trial, second] }));
    expect(started).toMatchObject({ kind: "trial", is_paid: true, total: 0, recurring: 0, converts_trial: false });
    expect(bought).toMatchObject({ kind: "purchase", converts_trial: true, recurring: 9_900 });
  });

  it("a trial that was refused was never one: its buyer paid at once", () => {
    const refused = billed({ metadata: { rbee_trial_refused: "address" } });
    const [free, bought] = paymentsOf(sources({ subscription: refused, invoices: [trial, second] }));
    expect(free).toMatchObject({ kind: "update", is_paid: true, total: 0, recurring: 0 });
    expect(bought).toMatchObject({ kind: "purchase", converts_trial: false, recurring: 9_900 });
  });

  it("an open first payment after a trial converts nothing yet", () => {
    const open = invoice({
      ...{ id: "in_2", created: MONTH_2, status: "open" },
      lines: [{ amount: 9_900, period: [MONTH_2, MONTH_3] }],
    });
    const [, waiting] = paymentsOf(sources({ subscription: billed({ status: "past_due" }), invoices: [trial, open] }));
    expect(waiting).toMatchObject({ kind: "purchase", state: "open", counted: 0, converts_trial: false, recurring: 0 });
  });

  it("discount and tax are taken from Stripe, and add up", () => {
    const coupon = invoice({
      ...{ id: "in_1", created: MONTH_1, billing_reason: "subscription_create", discount: 1_900, tax: 1_680 },
      lines: [{ amount: 9_900, period: [MONTH_1, MONTH_2] }],
    });
    expect(paymentsOf(sources({ subscription: billed(), invoices: [coupon] }))).toMatchObject([
      { subtotal: 9_900, discount: 1_900, tax: 1_680, total: 9_680, counted_tax: 1_680, recurring: 8_000 },
    ]);
  });

  it("a month free of charge by a coupon is a purchase of nothing", () => {
    const free = invoice({
      ...{ id: "in_1", created: MONTH_1, billing_reason: "subscription_create", discount: 9_900, intent: null },
      lines: [{ amount: 9_900, period: [MONTH_1, MONTH_2] }],
    });
    expect(paymentsOf(sources({ subscription: billed(), invoices: [free] }))).toMatchObject([
      { kind: "purchase", subtotal: 9_900, total: 0, is_paid: true, recurring: 0 },
    ]);
  });

  it("a draft has no row; an open, voided, uncollectible invoice, and one paid elsewhere, each have a state", () => {
    const of = (status: Stripe.Invoice["status"], more: Partial<Stripe.Invoice> = {}) =>
      paymentsOf(
        sources({
          subscription: billed(),
          invoices: [first, { ...second, status, ...more }],
        }),
      )[1];
    expect(of("draft")).toBeUndefined();
    expect(of("open")).toMatchObject({ kind: "renewal", state: "open", is_paid: false, counted: 0, recurring: 9_900 });
    expect(of("void")).toMatchObject({ state: "void", counted: 0, recurring: 0 });
    expect(of("uncollectible")).toMatchObject({ state: "uncollectible", counted: 0, recurring: 0 });
    const outside = of("paid", { amount_paid_off_stripe: 9_900 });
    expect(outside).toMatchObject({ state: "paid_outside", counted: 9_900, is_paid: true });
  });

  it("more machines in mid-period add their whole price to the recurring revenue, whatever part is charged", () => {
    const middle = MONTH_2 - 10 * 86_400;
    const more = invoice({
      ...{ id: "in_1b", created: middle, billing_reason: "subscription_update" },
      lines: [
        { amount: -3_194, proration: true, quantity: 5, period: [middle, MONTH_2] },
        { amount: 6_387, proration: true, quantity: 10, period: [middle, MONTH_2] },
      ],
    });
    const rows = paymentsOf(sources({ subscription: billed(), invoices: [first, more] }));
    expect(rows).toMatchObject([
      { id: "in_1", recurring: 9_900, recurring_until: null, churns: false },
      { id: "in_1b", kind: "update", total: 3_193, recurring: 9_900, recurring_until: null, period_start: middle },
    ]);
  });

  it.each([
    ["eur", 9_000, 18_000],
    ["jpy", 15_000, 30_000],
  ])("a change of machines counts the price in the customer's currency: %s", (currency, price, whole) => {
    const middle = MONTH_2 - 10 * 86_400;
    const share = (amount: number) => Math.round((amount * 10) / 31);
    const bought = invoice({
      ...{ id: "in_1", created: MONTH_1, billing_reason: "subscription_create", currency },
      lines: [{ amount: price, period: [MONTH_1, MONTH_2] }],
    });
    const more = invoice({
      ...{ id: "in_1b", created: middle, billing_reason: "subscription_update", currency },
      lines: [
        { amount: -share(price), proration: true, quantity: 5, period: [middle, MONTH_2] },
        { amount: share(whole), proration: true, quantity: 10, period: [middle, MONTH_2] },
      ],
    });
    const rows = paymentsOf(sources({ subscription: billed(), invoices: [bought, more] }));
    expect(rows.map(({ recurring }) => recurring)).toEqual([price, price]);
  });

  it("a yearly price counts a twelfth", () => {
    const yearly = invoice({
      ...{ id: "in_1", created: MONTH_1, billing_reason: "subscription_create" },
      lines: [{ amount: 99_000, period: [MONTH_1, MONTH_1 + 365 * 86_400] }],
    });
    expect(paymentsOf(sources({ subscription: billed(), invoices: [yearly] }))).toMatchObject([{ recurring: 8_250 }]);
  });

  it("the recurring revenue ends with the subscription, or with the paid time while it is on hold", () => {
    const ends = (over: Parameters<typeof billed>[0]) =>
      paymentsOf(sources({ subscription: billed(over), invoices: [first, second] })).map(
        ({ recurring_until, churns }) => [recurring_until, churns],
      );
    expect(ends({})).toEqual([
      [MONTH_2, false],
      [null, false],
    ]);
    expect(ends({ status: "canceled", ended_at: MONTH_2 + 5 })).toEqual([
      [MONTH_2, false],
      [MONTH_2 + 5, true],
    ]);
    expect(ends({ pause_collection: { behavior: "void", resumes_at: null } }).at(-1)).toEqual([MONTH_3, true]);
    expect(ends({ status: "unpaid" })).toEqual([
      [MONTH_2, false],
      [MONTH_3, true],
    ]);
  });

  it("a month that is given away does not count as the end of the subscription", () => {
    const third = invoice({ id: "in_3", created: MONTH_3, lines: [{ amount: 9_900, period: [MONTH_3, MONTH_4] }] });
    const rows = paymentsOf(
      sources({ subscription: billed(), invoices: [first, { ...second, status: "void" }, third] }),
    );
    expect(rows.map(({ recurring, churns }) => [recurring, churns])).toEqual([
      [9_900, false],
      [0, false],
      [9_900, false],
    ]);
  });
});

describe("paymentsOf: money that goes back", () => {
  const taxed = invoice({
    ...{ id: "in_1", created: MONTH_1, billing_reason: "subscription_create", tax: 100, intent: "pi_1" },
    lines: [{ amount: 900, period: [MONTH_1, MONTH_2] }],
  });
  const back = (history: { refunds?: Stripe.Refund[]; disputes?: Stripe.Dispute[] }) =>
    paymentsOf(
      sources({
        ...{ subscription: billed(), invoices: [taxed] },
        charges: [
          { charge: { id: "ch_1", payment_intent: "pi_1", livemode: false }, refunds: [], disputes: [], ...history },
        ],
      }),
    ).slice(1);

  it("the tax shares of partial refunds add up to the tax that was paid", () => {
    const rows = back({ refunds: [refund("re_1", 333), refund("re_2", 333), refund("re_3", 334)] });
    expect(rows).toMatchObject([
      { kind: "refund", state: "succeeded", total: 333, tax: 33, subtotal: 300, counted: -333, reverses: "in_1" },
      { tax: 34 },
      { tax: 33, charge_id: "ch_1", subscription_id: "sub_1" },
    ]);
    expect(rows.reduce((sum, { counted_tax }) => sum + counted_tax, 0)).toBe(-100);
  });

  it("a refund that failed or was canceled counts nothing, and a pending one counts", () => {
    expect(back({ refunds: [refund("re_1", 500, "failed")] })).toMatchObject([{ state: "failed", counted: 0 }]);
    expect(back({ refunds: [refund("re_1", 500, "canceled")] })).toMatchObject([{ state: "canceled", counted: 0 }]);
    expect(back({ refunds: [refund("re_1", 500, "requires_action")] })).toMatchObject([
      { state: "pending", counted: -500 },
    ]);
  });

  it.each([
    ["needs_response", "disputed", -1_000],
    ["under_review", "disputed", -1_000],
    ["lost", "lost", -1_000],
    ["won", "won", 0],
    ["prevented", "won", 0],
    ["warning_needs_response", "inquiry", 0],
    ["warning_closed", "inquiry", 0],
  ] as const)("a dispute that is %s is %s and counts %d", (status, state, counted) => {
    expect(back({ disputes: [dispute("du_1", 1_000, status)] })).toMatchObject([{ kind: "dispute", state, counted }]);
  });

  it("a refund of an earlier subscription's payment finds it among the known rows", () => {
    const known = paymentsOf(sources({ subscription: billed(), invoices: [taxed] }));
    const charges = [
      {
        charge: { id: "ch_1", payment_intent: "pi_1", livemode: false },
        refunds: [refund("re_1", 1_000)],
        disputes: [],
      },
    ];
    expect(paymentsOf(sources({ charges }), known)).toMatchObject([
      { reverses: "in_1", counted: -1_000, counted_tax: -100 },
    ]);
  });

  it("a credit note counts without its refunds, and not for an unpaid invoice", () => {
    const note = {
      ...{ id: "cn_1", number: "RBEE-1-CN-01", invoice: "in_1", created: MONTH_2, currency: "usd", livemode: false },
      ...{
        total: 400,
        total_taxes: [{ amount: 40 }],
        discount_amounts: [],
        status: "issued",
        pdf: "https://pay.stripe.com/x",
      },
      refunds: [{ amount_refunded: 300, refund: "re_1" }],
    } as unknown as Stripe.CreditNote;
    const rowOf = (one: Stripe.CreditNote, paid: Stripe.Invoice = taxed) =>
      paymentsOf(sources({ subscription: billed(), invoices: [paid], creditNotes: [one] })).at(-1);
    expect(rowOf(note)).toMatchObject({
      ...{ kind: "credit_note", state: "issued", subtotal: 360, tax: 40, total: 400, counted: -100, counted_tax: -10 },
      ...{ invoice_number: "RBEE-1-CN-01", reverses: "in_1" },
    });
    expect(rowOf({ ...note, status: "void" })).toMatchObject({ state: "void", counted: 0, counted_tax: 0 });
    expect(rowOf(note, { ...taxed, status: "open" })).toMatchObject({ counted: 0 });
  });
});
