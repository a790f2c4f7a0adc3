import { type Change, ifChanged } from "../../platform/storage/ledger.ts";
import { isReversal, Payment, PaymentRow } from "./payment.ts";

/** The columns of a payment, apart from its license and the time of its last write. */
const COLUMNS = Object.keys(Payment.shape);

/** A license, as far as its payments are found by it. */
type Payer = { id: string; checkout_session_id: string | null };

/** The payments of a license, newest first, with that of its checkout from before it existed. Throws D1's errors. */
export async function readPayments(db: D1Database, license: Payer): Promise<PaymentRow[]> {
  const { results } = await paymentsOfLicense(db, license).all();
  return results.map((row) => PaymentRow.parse(row));
}

/** The statement of `readPayments`. */
export const paymentsOfLicense = (db: D1Database, { id, checkout_session_id }: Payer): D1PreparedStatement =>
  db
    .prepare("SELECT * FROM payments WHERE license_id = ? OR id = ? ORDER BY at DESC, id DESC")
    .bind(id, checkout_session_id);

/** The changes that make stored payments equal to derived ones. */
export type PaymentNews = { written: Payment[]; dropped: string[] };

/**
 * Compares the derived rows (`found`) with the known ones. A checkout's own row is dropped once its invoices have rows.
 * Every other known row stays, because `found` need not have it: it may be of an earlier subscription. The rows of an
 * erased owner have no address of an invoice, because its page names the owner.
 */
export function paymentNews(
  known: readonly PaymentRow[],
  found: readonly Payment[],
  { isErased = false }: { isErased?: boolean } = {},
): PaymentNews {
  const derived = isErased ? found.map((row) => ({ ...row, invoice_url: null })) : found;
  const byId = new Map(known.map((row) => [row.id, row]));
  const hasInvoice = derived.some((row) => !isReversal(row) && row.checkout_session_id === null);
  const dropped = known.filter(
    ({ id, checkout_session_id: session }) => hasInvoice && id === session && derived.every((row) => row.id !== id),
  );
  return {
    written: derived.filter((row) => !isSame(byId.get(row.id), row)),
    dropped: dropped.map(({ id }) => id),
  };
}

/** Whether there is nothing to write. */
export const isNoNews = ({ written, dropped }: PaymentNews): boolean => written.length + dropped.length === 0;

/** A row of a sale without a license differs, because it has a license now. */
const isSame = (known: PaymentRow | undefined, derived: Payment): boolean =>
  known !== undefined &&
  known.license_id !== null &&
  COLUMNS.every((name) => Reflect.get(known, name) === Reflect.get(derived, name));

const INTO_COLUMNS = ["license_id", "recorded_at", ...COLUMNS];

const fieldOf = (name: string): string => `value ->> '${name}'`;

/** An upsert of the rows in a JSON array, ?1; `condition` restricts it, `replaced` the known rows that it replaces. */
const upsert = (condition: string, replaced = "true"): string =>
  `INSERT INTO payments (${INTO_COLUMNS.join(", ")})
   SELECT ${INTO_COLUMNS.map(fieldOf).join(", ")} FROM json_each(?) WHERE ${condition}
   ON CONFLICT (id) DO UPDATE SET ${INTO_COLUMNS.map((name) => `${name} = excluded.${name}`).join(", ")} WHERE ${replaced}`;

/** Rows in one statement: some 60 kB. */
const ROWS_A_STATEMENT = 100;

/** The JSON of up to `ROWS_A_STATEMENT` rows each. JSON's true and false become 1 and 0 in SQL. */
function* pieces(licenseId: string | null, rows: readonly Payment[], at: number): Generator<string> {
  for (let first = 0; first < rows.length; first += ROWS_A_STATEMENT) {
    const piece = rows.slice(first, first + ROWS_A_STATEMENT);
    yield JSON.stringify(piece.map((row) => ({ ...row, license_id: licenseId, recorded_at: at })));
  }
}

/** The statements that store the payments of a license, if the change of the license takes effect. */
export function paymentsWritten(
  db: D1Database,
  licenseId: string,
  { written, dropped }: PaymentNews,
  change: Change,
): D1PreparedStatement[] {
  const root = { table: "licenses", id: licenseId } as const;
  return [
    ...[...pieces(licenseId, written, change.at)].map((json) =>
      ifChanged(db, root, change.id, upsert("TOOK_EFFECT"), json),
    ),
    ...(dropped.length === 0
      ? []
      : [
          ifChanged(
            db,
            root,
            change.id,
            "DELETE FROM payments WHERE id IN (SELECT value FROM json_each(?)) AND TOOK_EFFECT",
            JSON.stringify(dropped),
          ),
        ]),
  ];
}

/** A checkout whose license exists: another fulfilment has made it since this one looked. */
const IS_COMPLETE = `SELECT 1 FROM orders WHERE orders.checkout_session_id = value ->> 'checkout_session_id'
   AND orders.state = 'complete'`;

/**
 * The statements that store payments without a license: of a sale that no license could be made of. They take nothing
 * from a license that was made in the meantime, and do not count its sale twice.
 */
export const heldPaymentsWritten = (db: D1Database, rows: readonly Payment[], at: number): D1PreparedStatement[] =>
  [...pieces(null, rows, at)].map((json) =>
    db.prepare(upsert(`NOT EXISTS (${IS_COMPLETE})`, "payments.license_id IS NULL")).bind(json),
  );

/** The licenses with a payment of this payment intent or subscription, also an earlier one. Throws D1's errors. */
export async function licensesOfPayment(
  db: D1Database,
  column: "payment_intent_id" | "subscription_id",
  id: string,
): Promise<string[]> {
  const { results } = await db
    .prepare(`SELECT DISTINCT license_id FROM payments WHERE ${column} = ? AND license_id IS NOT NULL`)
    .bind(id)
    .all<{ license_id: string }>();
  return results.map(({ license_id }) => license_id);
}
