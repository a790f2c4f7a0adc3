import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { licenseRoot } from "../../../src/domain/licensing/license/store.ts";
import type { Payment } from "../../../src/domain/money/payment.ts";
import {
  heldPaymentsWritten,
  isNoNews,
  licensesOfPayment,
  paymentNews,
  paymentsWritten,
  readPayments,
} from "../../../src/domain/money/store.ts";
import { ok } from "../../../src/lib/result.ts";
import { DAY, HOUR, startOfDay } from "../../../src/lib/time.ts";
import { change } from "../../../src/platform/storage/change.ts";
import { issueLicense } from "../../support/license-fixture.ts";
import { JANUARY, payment } from "../../support/money-fixture.ts";

/** Stores rows of a license as a sync does. Returns whether there was anything to store. */
async function store(license: { id: string }, rows: readonly Payment[]): Promise<boolean> {
  const known = await readPayments(env.DB, { id: license.id, checkout_session_id: "cs_1" });
  const news = paymentNews(known, rows);
  if (isNoNews(news)) return false;
  const actor = { actor: "system", requestId: null, now: JANUARY } as const;
  const decided = {
    action: "license.follow-payment" as const,
    patch: {},
    beside: (made: Parameters<typeof paymentsWritten>[3]) => paymentsWritten(env.DB, license.id, news, made),
  };
  await change(env.DB, licenseRoot, license.id, () => ok(decided), { actor });
  return true;
}

const idsOf = async (license: { id: string }) =>
  (await readPayments(env.DB, { ...license, checkout_session_id: null })).map(({ id }) => id);

describe("payments", () => {
  it("rows are stored as they are, once, and a change of any field is stored", async () => {
    const license = await issueLicense();
    const rows = [payment("in_1", { recurring: 9_900, period_start: JANUARY }), payment("in_2", { at: JANUARY + 1 })];
    expect(await store(license, rows)).toBe(true);
    expect(await store(license, rows)).toBe(false);
    expect(await readPayments(env.DB, { ...license, checkout_session_id: null })).toEqual(
      rows.toReversed().map((row) => ({ ...row, license_id: license.id, recorded_at: JANUARY })),
    );
    expect(await store(license, [payment("in_1", { state: "void" })])).toBe(true);
    expect(await idsOf(license)).toEqual(["in_2", "in_1"]);
  });

  it("a sale without a license is replaced by the invoice of the license that is made of it later", async () => {
    const license = await issueLicense();
    const held = payment("cs_1", { state: "held", checkout_session_id: "cs_1" });
    await env.DB.batch(heldPaymentsWritten(env.DB, [held], JANUARY));
    expect(await idsOf(license)).toEqual([]);
    await store(license, [payment("in_9")]);
    expect(await idsOf(license)).toEqual(["in_9"]);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM payments WHERE id = 'cs_1'").first("n")).toBe(0);
  });

  it("a sale without a license and without an invoice gets the license", async () => {
    const license = await issueLicense();
    const held = payment("cs_1", { state: "held", checkout_session_id: "cs_1" });
    await env.DB.batch(heldPaymentsWritten(env.DB, [held], JANUARY));
    await store(license, [{ ...held, state: "paid" }]);
    expect(await idsOf(license)).toEqual(["cs_1"]);
  });

  it("a sale that is held too late takes no payment from its license, and does not count twice", async () => {
    const license = await issueLicense();
    const held = payment("cs_1", { state: "held", checkout_session_id: "cs_1" });
    await store(license, [{ ...held, state: "paid" }]);
    await env.DB.batch(heldPaymentsWritten(env.DB, [held], JANUARY));
    expect(await idsOf(license)).toEqual(["cs_1"]);
    await env.DB.prepare(
      `INSERT INTO orders (id, checkout_session_id, plan, machines, state, created_at)
       VALUES ('ord_2', 'cs_2', 'premium-lifetime', 25, 'complete', 1)`,
    ).run();
    const late = payment("cs_2", { state: "held", checkout_session_id: "cs_2" });
    await env.DB.batch(heldPaymentsWritten(env.DB, [late], JANUARY));
    expect(await env.DB.prepare("SELECT count(*) AS n FROM payments WHERE id = 'cs_2'").first("n")).toBe(0);
  });

  it("more rows than one statement holds are stored", async () => {
    const license = await issueLicense();
    await store(
      license,
      Array.from({ length: 230 }, (_, n) => payment(`in_${n}`, { at: JANUARY + n })),
    );
    expect(await idsOf(license)).toHaveLength(230);
  });

  it("licenses are found by a payment of an earlier subscription", async () => {
    const license = await issueLicense();
    await store(license, [payment("in_1", { subscription_id: "sub_old", payment_intent_id: "pi_old" })]);
    expect(await licensesOfPayment(env.DB, "subscription_id", "sub_old")).toEqual([license.id]);
    expect(await licensesOfPayment(env.DB, "payment_intent_id", "pi_old")).toEqual([license.id]);
    expect(await licensesOfPayment(env.DB, "payment_intent_id", "pi_other")).toEqual([]);
  });
});

const Row = fc.record({
  id: fc.constantFrom("in_1", "in_2", "re_1", "cs_1"),
  kind: fc.constantFrom("purchase", "renewal", "trial", "update", "refund", "dispute", "credit_note"),
  currency: fc.constantFrom("usd", "eur"),
  at: fc.integer({ min: JANUARY, max: JANUARY + 100 * DAY }),
  livemode: fc.boolean(),
  counted: fc.integer({ min: -1_000, max: 1_000 }),
  counted_tax: fc.integer({ min: -100, max: 100 }),
  is_paid: fc.boolean(),
  converts_trial: fc.boolean(),
  recurring: fc.constantFrom(0, 5, 9_900),
  period_start: fc.option(fc.integer({ min: JANUARY, max: JANUARY + 100 * DAY })),
  recurring_until: fc.option(fc.integer({ min: JANUARY, max: JANUARY + 200 * DAY })),
  churns: fc.boolean(),
});

it("the sums of months and days always equal those of all payments", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(Row, { maxLength: 8 }), async (writes) => {
      await env.DB.prepare("DELETE FROM payments").run();
      for (const row of writes) {
        const churns = row.churns && row.recurring_until !== null;
        await env.DB.batch(heldPaymentsWritten(env.DB, [payment(row.id, { ...row, churns })], JANUARY));
      }
      const last = [...new Map(writes.map((row) => [row.id, row])).values()];
      const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);
      for (const [livemode, currency] of [
        [true, "usd"],
        [false, "usd"],
        [true, "eur"],
        [false, "eur"],
      ] as const) {
        const own = last.filter((row) => row.livemode === livemode && row.currency === currency);
        const paid = own.filter(({ kind }) => ["purchase", "renewal", "trial", "update"].includes(kind));
        const months = await env.DB.prepare(
          `SELECT total(gross) AS gross, total(tax) AS tax, total(refunded) AS refunded, total(purchases) AS purchases,
             total(trials_converted) AS converted, total(churn) AS churn
           FROM revenue_months WHERE livemode = ? AND currency = ?`,
        )
          .bind(livemode ? 1 : 0, currency)
          .first();
        expect(months).toEqual({
          gross: sum(paid.map(({ counted }) => counted)),
          tax: sum(own.map(({ counted_tax }) => counted_tax)),
          refunded: 0 - sum(own.filter((row) => !paid.includes(row)).map(({ counted }) => counted)),
          purchases: own.filter(({ kind, is_paid }) => kind === "purchase" && is_paid).length,
          converted: own.filter(({ converts_trial }) => converts_trial).length,
          churn: own.filter(({ churns, recurring_until }) => churns && recurring_until !== null).length,
        });
        const at = JANUARY + 50 * DAY + HOUR;
        const inForce = own.filter(
          ({ period_start: from, recurring_until: until }) =>
            (from !== null && startOfDay(from) <= at ? 1 : 0) - (until !== null && startOfDay(until) <= at ? 1 : 0) !==
            0,
        );
        const signed = inForce.map(
          ({ recurring, period_start: from, recurring_until: until }) =>
            recurring *
            ((from !== null && startOfDay(from) <= at ? 1 : 0) - (until !== null && startOfDay(until) <= at ? 1 : 0)),
        );
        const days = await env.DB.prepare(
          "SELECT total(amount) AS amount FROM recurring_days WHERE livemode = ? AND currency = ? AND day <= ?",
        )
          .bind(livemode ? 1 : 0, currency, at)
          .first("amount");
        expect(days).toBe(sum(signed));
      }
    }),
    { numRuns: 12 },
  );
});
