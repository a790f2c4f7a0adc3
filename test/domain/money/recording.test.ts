import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { PaymentRow } from "../../../src/domain/money/payment.ts";
import { readRevenue } from "../../../src/domain/money/revenue.ts";
import { readPayments } from "../../../src/domain/money/store.ts";
import { purchaseScope, syncLicense } from "../../../src/domain/purchase/sync.ts";
import { currentTime, DAY } from "../../../src/lib/time.ts";
import { configOf } from "../../../src/platform/config/config.ts";
import { ask, makeToken } from "../../support/admin-request.ts";
import { count } from "../../support/license-fixture.ts";
import { type Checkout, openShop } from "../../support/shop.ts";

const { bought, control, deliverAll, pay, shopEnv, status, stripe } = await openShop();

/** The rows of a license after it followed Stripe, oldest first. */
async function rowsOf(id: string): Promise<PaymentRow[]> {
  const scope = await purchaseScope(shopEnv, configOf(shopEnv));
  await syncLicense(scope, id, { actor: "reconciliation", requestId: null, now: currentTime() });
  return (await readPayments(env.DB, { id, checkout_session_id: null })).reverse();
}

/** What is said about rows in short. */
const inShort = (rows: readonly PaymentRow[]) => rows.map(({ kind, state, counted }) => `${kind} ${state} ${counted}`);

const trialEnds = () => control("clock/advance", { days: 15 });

describe("the payments of a one-time purchase", () => {
  it("are in the ledger with the license, with tax and the invoice", async () => {
    await control("tax", { percent: 21 });
    const { id, sessionId } = await bought("premium-lifetime");
    await control("tax", { percent: 0 });
    const { invoice } = await stripe.checkout.sessions.retrieve(sessionId, { expand: ["invoice"] });
    if (typeof invoice !== "object" || invoice === null) throw new Error("no invoice");
    const [row, ...others] = await readPayments(env.DB, { id, checkout_session_id: null });
    expect(row).toMatchObject({
      ...{ id: invoice.id, kind: "purchase", state: "paid", subtotal: 27_900, discount: 0, tax: 5_859, total: 33_759 },
      ...{ currency: "eur", invoice_number: invoice.number, invoice_url: invoice.hosted_invoice_url, livemode: false },
      ...{ counted: 33_759, counted_tax: 5_859, recurring: 0, period_start: null },
    });
    expect(others).toEqual([]);
    expect(await count("audit", `subject = '${id}'`)).toBe(1);
  });

  it("are refunds and disputes, too, each with its state", async () => {
    const checkout = await bought("premium-lifetime");
    const { id: refund } = await control("refunds", { session: checkout.sessionId, amount: 900 });
    expect(inShort(await rowsOf(checkout.id))).toEqual(["purchase paid 27900", "refund succeeded -900"]);
    await control(`refunds/${refund}/fail`);
    const { id: dispute } = await control("disputes", { session: checkout.sessionId });
    const rows = inShort(await rowsOf(checkout.id));
    expect(rows.toSorted()).toEqual(["dispute disputed -27900", "purchase paid 27900", "refund failed 0"]);
    await control(`disputes/${dispute}/close`, { status: "won" });
    expect(inShort(await rowsOf(checkout.id))).toContain("dispute won 0");
  });

  it("are written by the transaction that issues the license, so a purchase without them does not exist", async () => {
    const checkout = await pay("premium-lifetime");
    const { license } = await status(checkout);
    expect(await count("payments", `license_id = '${license?.id}' AND kind = 'purchase'`)).toBe(1);
  });
});

describe("the payments of a subscription", () => {
  /** A subscription with these changes behind it, and its rows. */
  async function historyOf(...changes: ((checkout: Checkout) => Promise<unknown>)[]) {
    const checkout = await bought("premium-monthly");
    for (const change of changes) await change(checkout);
    return inShort(await rowsOf(checkout.id));
  }
  const renews = () => control("clock/advance", { days: 31 });

  it("begin with the trial, then the purchase, then renewals", async () => {
    expect(await historyOf()).toEqual(["trial paid 0"]);
    const checkout = await bought("premium-monthly");
    await trialEnds();
    await renews();
    const rows = await rowsOf(checkout.id);
    expect(inShort(rows)).toEqual(["trial paid 0", "purchase paid 9900", "renewal paid 9900"]);
    expect(rows[1]).toMatchObject({ converts_trial: true, recurring: 9_900, recurring_until: rows[2]?.period_start });
    expect(rows[2]).toMatchObject({ recurring_until: null, churns: false });
    expect((rows[2]?.period_end ?? 0) - (rows[2]?.period_start ?? 0)).toBeGreaterThan(27 * DAY);
  });

  it("end with a cancellation, which churns", async () => {
    const checkout = await bought("premium-monthly");
    await trialEnds();
    await control(`subscriptions/${checkout.sessionId}/cancel`);
    const [, last] = await rowsOf(checkout.id);
    expect(last).toMatchObject({ kind: "purchase", churns: true });
    expect(last?.recurring_until).toBeLessThan(last?.period_end ?? 0);
  });

  it("of more machines count the change and the new monthly price", async () => {
    const checkout = await bought("premium-monthly");
    await trialEnds();
    await control("clock/advance", { days: 10 });
    await control(`subscriptions/${checkout.sessionId}/quantity`, { quantity: 10 });
    const rows = await rowsOf(checkout.id);
    expect(rows.map(({ kind, recurring }) => [kind, recurring])).toEqual([
      ["trial", 0],
      ["purchase", 9_900],
      ["update", 9_900],
    ]);
    const changed = rows[2]?.total ?? 0;
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThan(9_900);
  });

  it("of an invoice that fails, is voided, is given up or is paid elsewhere have that state", async () => {
    const failed = ({ sessionId }: Checkout) => control(`subscriptions/${sessionId}/fail-renewal`);
    const invoice =
      (act: string) =>
      ({ sessionId }: Checkout) =>
        control(`invoices/${sessionId}/${act}`);
    const begin = [trialEnds, failed];
    expect((await historyOf(...begin)).at(-1)).toBe("renewal open 0");
    expect((await historyOf(...begin, invoice("void"))).at(-1)).toBe("renewal void 0");
    expect((await historyOf(...begin, invoice("uncollectible"))).at(-1)).toBe("renewal uncollectible 0");
    expect((await historyOf(...begin, invoice("pay-out-of-band"))).at(-1)).toBe("renewal paid_outside 9900");
  });
});

it("GET /v1/admin/licenses/{id} has the payments, newest first", async () => {
  const checkout = await bought("premium-monthly");
  await trialEnds();
  await deliverAll(checkout.sessionId);
  const { token } = await makeToken(["licenses:read"]);
  const response = await ask("GET", `/v1/admin/licenses/${checkout.id}`, { token });
  expect((await response.json<{ license: object }>()).license).toMatchObject({
    payments: [
      { kind: "purchase", state: "paid", total: 9_900, currency: "usd", invoice_number: expect.any(String) },
      { kind: "trial", total: 0 },
    ],
  });
});

it("revenue of a real history: trials, conversions, recurring revenue and churn", async () => {
  const stays = await bought("premium-monthly");
  const leaves = await bought("premium-monthly");
  await trialEnds();
  await rowsOf(stays.id);
  await rowsOf(leaves.id);
  const now = Math.max(...(await rowsOf(stays.id)).map(({ at }) => at)) + DAY;
  const all = async (to: number) => {
    const months = { from: "2020-01", to: "2040-12" };
    const rows = (await readRevenue(env.DB, months, false, to)).filter(({ currency }) => currency === "usd");
    const sum = (name: "purchases" | "trials_started" | "trials_converted" | "churn" | "gross") =>
      rows.reduce((total, row) => total + row[name], 0);
    return {
      gross: sum("gross"),
      started: sum("trials_started"),
      converted: sum("trials_converted"),
      churn: sum("churn"),
      last: rows.findLast(({ mrr }) => mrr > 0)?.mrr,
    };
  };
  const before = await all(now);
  expect(before).toMatchObject({ gross: 19_800, started: 2, converted: 2, churn: 0, last: 19_800 });
  await control(`subscriptions/${leaves.sessionId}/cancel`);
  await rowsOf(leaves.id);
  expect(await all(now)).toMatchObject({ gross: 19_800, churn: 1, last: 9_900 });
});

it("a subscription that an upgrade has replaced is followed to its end, and stays with the license", async () => {
  const old = await bought("premium-monthly");
  await trialEnds();
  await rowsOf(old.id);
  // The license is paid for in another way from now on, as after an upgrade.
  await env.DB.prepare("UPDATE licenses SET stripe_subscription_id = NULL, subscription_state = 'none' WHERE id = ?")
    .bind(old.id)
    .run();
  await control(`subscriptions/${old.sessionId}/cancel`, { prorate: true });
  const rows = await rowsOf(old.id);
  expect(inShort(rows).slice(0, 2)).toEqual(["trial paid 0", "purchase paid 9900"]);
  expect(rows[1]).toMatchObject({ churns: true });
  // The unused time is a credit.
  expect(rows[2]).toMatchObject({ kind: "update", recurring: 0 });
  expect(rows[2]?.counted).toBeLessThan(0);
});
