import { env } from "cloudflare:workers";
import { type Payment, UNCOUNTED } from "../../src/domain/money/payment.ts";
import { heldPaymentsWritten } from "../../src/domain/money/store.ts";

export const JANUARY = Date.UTC(2026, 0, 10) / 1000;

/** A paid purchase. */
export const payment = (id: string, over: Partial<Payment> = {}): Payment => ({
  ...UNCOUNTED,
  ...{ id, kind: "purchase", state: "paid", currency: "usd", at: JANUARY, livemode: false, is_paid: true },
  ...{ subtotal: 9_900, discount: 0, tax: 100, total: 10_000, counted: 10_000, counted_tax: 100 },
  ...over,
});

/** Stores payments of a license; null: of no license. */
export async function storePayments(license: string | null, ...rows: Payment[]): Promise<void> {
  await env.DB.batch(heldPaymentsWritten(env.DB, rows, JANUARY));
  const ids = JSON.stringify(rows.map(({ id }) => id));
  await env.DB.prepare("UPDATE payments SET license_id = ? WHERE id IN (SELECT value FROM json_each(?))")
    .bind(license, ids)
    .run();
}
