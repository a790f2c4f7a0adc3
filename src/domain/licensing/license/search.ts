import type { UnixSeconds } from "../../../lib/time.ts";
import type { License } from "./record.ts";
import { type LicenseStatus, statusCondition } from "./status.ts";
import { selectLicenses } from "./store.ts";

/** What licenses to list: all conditions together. */
export type LicenseFilter = {
  /** What somebody knows of a license: see `searchTermCondition`. */
  q?: string | undefined;
  status?: LicenseStatus | undefined;
  plan?: string | undefined;
  /** Only ids before this one: the next page. */
  before?: string | undefined;
};

/** Sorts behind every id of a license. */
const AFTER_EVERY_ID = "lic_~";

/**
 * The query for the ids of up to `limit` licenses, newest first, and its parameters; `?1` is the current time. An index stands
 * behind each condition (test/domain/licensing/license-search.test.ts).
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
    ...(filter.plan === undefined ? [] : [`plan = ${bind(filter.plan)}`]),
    ...(filter.status === undefined ? [] : [statusCondition(filter.status)]),
    `id < ${bind(filter.before ?? AFTER_EVERY_ID)}`,
  ];
  return { sql: `SELECT id FROM licenses WHERE ${conditions.join(" AND ")} ORDER BY id DESC LIMIT ${limit}`, params };
}

/** Up to `limit` licenses with their machines, newest first. Throws what D1 throws. */
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

/** Higher than any character that a mail address starts with: the end of a range of prefixes. */
const LAST_CHARACTER = "\u{10FFFF}";

/** A fingerprint's hash, as a token's `machine` claim has it. */
const FINGERPRINT_HASH = /^[A-Za-z0-9_-]{43}$/;

/** An id of Stripe's: what kind of thing it names, then more letters and digits than anybody's mail address has there. */
const STRIPE_ID = /^(cus|sub|cs|pi|ch|py|evt|in|re|pyr|dp|du)_[A-Za-z0-9_]{12,}$/;

const BY_CHARGE = "id IN (SELECT license_id FROM license_charges WHERE charge_id = ?)";

/** Where the ledger has an id of Stripe's, by its kind. */
const STRIPE_CONDITIONS: ReadonlyMap<string | undefined, string> = new Map([
  ["cus", "stripe_customer_id = ?"],
  ["sub", "stripe_subscription_id = ?"],
  ["cs", "checkout_session_id = ?"],
  ["pi", "stripe_payment_intent_id = ?"],
  ["ch", BY_CHARGE],
  ["py", BY_CHARGE],
  ["evt", "id IN (SELECT license_id FROM stripe_event_licenses WHERE event_id = ?)"],
]);

/** Invoices, refunds and disputes are known by the events about them only, as long as those are kept. */
const BY_EVENT_OBJECT = `id IN (SELECT license_id FROM stripe_events JOIN stripe_event_licenses ON event_id = stripe_events.id
  WHERE object_id = ?)`;

/**
 * The SQL condition over `licenses` for what somebody knows of a license: its id, the id or the fingerprint's hash of a machine
 * of it, an id of Stripe's (customer, subscription, checkout session, payment, charge, event, and for 60 days invoice, refund and
 * dispute), or the beginning of its owner's mail address. `bind` adds a parameter and returns its placeholder.
 */
export function searchTermCondition(term: string, bind: (value: string) => string): string {
  const lower = term.toLowerCase();
  if (lower.startsWith("lic_")) return `id = ${bind(lower)}`;
  if (lower.startsWith("mach_")) return `id = (SELECT license_id FROM machines WHERE id = ${bind(lower)})`;
  if (FINGERPRINT_HASH.test(term)) {
    return `id IN (SELECT license_id FROM machines WHERE fingerprint_hash = ${bind(term)})`;
  }
  const stripeKind = STRIPE_ID.exec(term)?.[1];
  if (stripeKind !== undefined) {
    return (STRIPE_CONDITIONS.get(stripeKind) ?? BY_EVENT_OBJECT).replace("?", bind(term));
  }
  return `email >= ${bind(lower)} AND email < ${bind(lower + LAST_CHARACTER)}`;
}
