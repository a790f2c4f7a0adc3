import type { UnixSeconds } from "../../../lib/time.ts";
import { SOLD_PLANS } from "../plans.ts";
import { type License, type LicenseStatus, statusCondition } from "./record.ts";
import { selectLicenses } from "./store.ts";

/** The conditions of a list of licenses; all of them apply. */
export type LicenseFilter = {
  /** A search term: see `searchTermCondition`. */
  q?: string | undefined;
  status?: LicenseStatus | undefined;
  plan?: string | undefined;
  /** Only ids before this one, for the next page. */
  before?: string | undefined;
};

/** Sorts after every license id. */
const AFTER_EVERY_ID = "lic_~";

/**
 * The query for the ids of up to `limit` licenses, newest first, and its parameters. `?1` is the current time. Each
 * condition uses an index (test/domain/licensing/license/search.test.ts).
 */
export function licenseIdQuery(
  filter: LicenseFilter,
  limit: number,
  now: UnixSeconds,
): { sql: string; params: (string | number)[] } {
  const params: (string | number)[] = [now];
  const bind = (value: string) => `?${params.push(value)}`;
  const term = filter.q?.trim() ?? "";
  const conditions = [
    ...(term === "" ? [] : [searchTermCondition(term, bind)]),
    ...(filter.plan === undefined ? [] : [planCondition(filter.plan, bind)]),
    ...(filter.status === undefined ? [] : [statusCondition(filter.status)]),
    `id < ${bind(filter.before ?? AFTER_EVERY_ID)}`,
  ];
  return { sql: `SELECT id FROM licenses WHERE ${conditions.join(" AND ")} ORDER BY id DESC LIMIT ${limit}`, params };
}

/**
 * The licenses of a plan. A sold plan has many, so a list finds them among all licenses, newest first. The others have
 * an index, which the second condition names.
 */
function planCondition(plan: string, bind: (value: string) => string): string {
  const isSold = SOLD_PLANS.some((sold) => sold === plan);
  const equals = `plan = ${bind(plan)}`;
  return isSold ? equals : `${equals} AND plan NOT IN (${SOLD_PLANS.map((sold) => `'${sold}'`).join(", ")})`;
}

/** Up to `limit` licenses with their machines, newest first. Throws D1's errors. */
export async function searchLicenses(
  db: D1Database,
  filter: LicenseFilter,
  limit: number,
  now: UnixSeconds,
): Promise<License[]> {
  const { sql, params } = licenseIdQuery(filter, limit, now);
  const { results: ids } = await db
    .prepare(sql)
    .bind(...params)
    .all<{ id: string }>();
  const found = JSON.stringify(ids.map(({ id }) => id));
  return (await selectLicenses(db, "id IN (SELECT value FROM json_each(?))", found)).reverse();
}

/** Sorts after every character of a mail address: it ends a range of prefixes. */
const LAST_CHARACTER = "\u{10FFFF}";

/** The rows of `address_parts`: the text from each third character of an address on, ten characters at most. */
const PART = { distance: 3, length: 10 };

/** A shorter term finds only the beginning of an address: as a part it would be in most addresses. */
const SHORTEST_PART = 4;

/** A fingerprint's hash, as in a token's `machine` claim. */
const FINGERPRINT_HASH = /^[A-Za-z0-9_-]{43}$/;

/** An id of Stripe's: a prefix for its kind, then more letters and digits than a mail address would have there. */
const STRIPE_ID = /^(cus|sub|cs|pi|ch|py|evt|in|re|pyr|dp|du|cn)_[A-Za-z0-9_]{12,}$/;

/** The licenses that name an object, or have a payment that does, because an upgrade has a checkout of its own. */
const byColumn = (column: string, ofPayment: string) => `id IN (SELECT id FROM licenses WHERE ${column} = ?
  UNION SELECT license_id FROM payments WHERE ${ofPayment} = ?)`;

const BY_CHARGE = `id IN (SELECT license_id FROM license_charges WHERE charge_id = ?
  UNION SELECT license_id FROM payments WHERE charge_id = ?)`;

/** The condition for each kind of Stripe's ids. Each `?` is the id. */
const STRIPE_CONDITIONS: ReadonlyMap<string | undefined, string> = new Map([
  ["cus", "stripe_customer_id = ?"],
  ["sub", byColumn("stripe_subscription_id", "subscription_id")],
  ["cs", byColumn("checkout_session_id", "checkout_session_id")],
  ["pi", byColumn("stripe_payment_intent_id", "payment_intent_id")],
  ["ch", BY_CHARGE],
  ["py", BY_CHARGE],
  ["evt", "id IN (SELECT license_id FROM stripe_event_licenses WHERE event_id = ?)"],
]);

/** Invoices, refunds, disputes and credit notes are payments. Before those are recorded, the events name them. */
const BY_PAYMENT = `id IN (SELECT license_id FROM payments WHERE id = ?
  UNION SELECT license_id FROM stripe_events JOIN stripe_event_licenses ON event_id = stripe_events.id WHERE object_id = ?)`;

/** The form of an invoice's number, such as `3B5E2A7C-0002`. */
const INVOICE_NUMBER = /^[a-z0-9-]*[0-9][a-z0-9-]*$/i;

/**
 * The SQL condition over `licenses` for a search term. The term is the id of a license, the id or fingerprint hash of a
 * machine, a part of the owner's mail address (such as its domain), the number of an invoice, or an id of Stripe's
 * (customer, subscription, checkout session, payment, charge, event, invoice, refund, dispute, credit note). `bind`
 * adds a parameter and returns its placeholder.
 */
function searchTermCondition(term: string, bind: (value: string) => string): string {
  const lower = term.toLowerCase();
  if (lower.startsWith("lic_")) return `id = ${bind(lower)}`;
  if (lower.startsWith("mach_")) return `id = (SELECT license_id FROM machines WHERE id = ${bind(lower)})`;
  if (FINGERPRINT_HASH.test(term)) {
    const hash = bind(term);
    return `id IN (SELECT license_id FROM machines WHERE substr(fingerprint_hash, -16) = substr(${hash}, -16)
      AND fingerprint_hash = ${hash})`;
  }
  const stripeKind = STRIPE_ID.exec(term)?.[1];
  if (stripeKind !== undefined) {
    return (STRIPE_CONDITIONS.get(stripeKind) ?? BY_PAYMENT).replaceAll("?", bind(term));
  }
  const byAddress = licensesByAddress(lower, bind);
  if (!INVOICE_NUMBER.test(term)) return `id IN (${byAddress})`;
  const number = bind(term.toUpperCase());
  return `id IN (SELECT license_id FROM payments WHERE invoice_number = ${number} UNION ${byAddress})`;
}

/**
 * The ids of licenses whose address contains `term`, or begins with it if it is shorter than four characters. The rows
 * of `address_parts` begin at each third character. So the term is looked for without none, one and two of its first.
 */
function licensesByAddress(term: string, bind: (value: string) => string): string {
  // SQLite counts characters in code points.
  const characters = [...term];
  const range = (column: string, text: string) =>
    `${column} >= ${bind(text)} AND ${column} < ${bind(text + LAST_CHARACTER)}`;
  if (characters.length < SHORTEST_PART) return `SELECT id FROM licenses WHERE ${range("email", term)}`;
  const parts = Array.from({ length: PART.distance }, (_, left) => {
    const text = characters.slice(left, PART.length).join("");
    return `SELECT address_id FROM address_parts WHERE ${range("part", text)}`;
  });
  return `SELECT licenses.id FROM addresses CROSS JOIN licenses ON licenses.email = addresses.email
    WHERE addresses.id IN (${parts.join(" UNION ALL ")}) AND instr(addresses.email, ${bind(term)}) > 0`;
}
