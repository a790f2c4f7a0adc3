import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type LicenseFilter, licenseIdQuery, searchLicenses } from "../../../../src/domain/licensing/license/search.ts";
import { currentTime } from "../../../../src/lib/time.ts";
import { ask } from "../../../support/admin-request.ts";
import { issueLicense, ownerToken } from "../../../support/license-fixture.ts";

const COUNT = 50_000;
const NOW = currentTime();

/** The places of a row in SQL: `n` counts from 0. */
const ROWS = `WITH RECURSIVE rows (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM rows WHERE n < ${COUNT - 1})`;
const id = (prefix: string, n = "n") => `'${prefix}_' || printf('%026d', ${n})`;

/** Fifty thousand licenses of every status and plan, with two machines each, like a ledger after years. */
async function seedLicenses(): Promise<void> {
  const { DB } = env;
  await DB.batch([
    DB.prepare(
      `${ROWS} INSERT INTO licenses (id, email, plan, entitlements, versions, machine_limit, offline_days, admin_state,
         refund_state, subscription_state, expires_at, grace_seconds, status_index, livemode, last_change, created_at, updated_at,
         checkout_session_id, stripe_customer_id, stripe_subscription_id, stripe_payment_intent_id)
       SELECT ${id("lic")}, printf('user%06d@team%05d.example.com', (n * 7919) % ${COUNT}, n),
         CASE n % 3 WHEN 0 THEN 'premium-lifetime' WHEN 1 THEN 'premium-monthly' ELSE 'premium-trial' END,
         '["llm-worker-rbee-premium-*"]', '*', 5, 7, CASE WHEN n % 997 = 0 THEN 'revoked' WHEN n % 991 = 0 THEN 'suspended' ELSE 'none' END,
         CASE WHEN n % 499 = 0 THEN 'full' ELSE 'none' END,
         CASE WHEN n % 3 <> 1 THEN 'none' WHEN n % 787 = 0 THEN 'past_due' ELSE 'active' END,
         CASE n % 3 WHEN 0 THEN NULL ELSE ${NOW} + (n - 30000) * 60 END, 0, n, 0, 'chg_0', n, n,
         printf('cs_test_%020d', n), printf('cus_%020d', n), printf('sub_%020d', n), printf('pi_%020d', n) FROM rows`,
    ),
    DB.prepare(
      `${ROWS} INSERT INTO machines (id, license_id, fingerprint_hash, activated_at, last_seen_at, last_change)
       SELECT ${id("mach")}, ${id("lic", "n / 2")}, printf('%043d', n), 0, 0, 'chg_0' FROM rows`,
    ),
    DB.prepare(
      `${ROWS} INSERT INTO license_charges (charge_id, license_id, refund_state, dispute_state, updated_at)
       SELECT printf('ch_%020d', n), ${id("lic")}, 'none', 'none', 0 FROM rows WHERE n < 20000`,
    ),
    DB.prepare(
      `${ROWS} INSERT INTO stripe_events (id, type, object_id, created, received_at, handled_at)
       SELECT printf('evt_%020d', n), 'invoice.paid', printf('in_%020d', n), 0, 0, 0 FROM rows WHERE n < 20000`,
    ),
    ...["re", "cn"].map((kind) =>
      DB.prepare(
        `${ROWS} INSERT INTO payments (id, license_id, kind, state, subtotal, discount, tax, total, currency, invoice_number, at, livemode,
           payment_intent_id, charge_id, counted, counted_tax, is_paid, converts_trial, recurring, churns, recorded_at)
         SELECT printf('${kind}_%020d', n), ${id("lic")}, 'purchase', 'paid', 1, 0, 0, 1, 'usd', printf('A1B2C3D4-%05d', n), n, 0,
           printf('pi_%020d', n + 500000), printf('ch_%020d', n + 500000), 1, 0, 1, 0, 0, 0, 0 FROM rows WHERE n < 20000`,
      ),
    ),
    DB.prepare(
      `${ROWS} INSERT INTO stripe_event_licenses SELECT printf('evt_%020d', n), ${id("lic")} FROM rows WHERE n < 20000`,
    ),
  ]);
}

const pad = (prefix: string, n: number, length = 20) => `${prefix}${String(n).padStart(length, "0")}`;
const license = (n: number) => pad("lic_", n, 26);

/** The first part of license 4711's address. */
const USER = pad("user", (4711 * 7919) % COUNT, 6);

/** Every search that finds license 4711 and no other. */
const KNOWN: [string, string][] = [
  ["license id", license(4711)],
  ["machine id", pad("mach_", 9422, 26)],
  ["fingerprint hash", pad("", 9423, 43)],
  ["mail address", `${USER}@team04711.Example.com`],
  ["beginning of a mail address", USER],
  ["part of a mail address", `${USER.slice(1)}@TEAM`],
  ["end of a mail address", "m04711.example.com"],
  ["domain", "@team04711.example.com"],
  ["part of a domain", "am04711"],
  ["customer", pad("cus_", 4711)],
  ["subscription", pad("sub_", 4711)],
  ["checkout session", pad("cs_test_", 4711)],
  ["payment", pad("pi_", 4711)],
  ["charge", pad("ch_", 4711)],
  ["event", pad("evt_", 4711)],
  ["invoice", pad("in_", 4711)],
  ["refund", pad("re_", 4711)],
  ["credit note", pad("cn_", 4711)],
  ["charge of a payment", pad("ch_", 504711)],
  ["payment of an upgrade", pad("pi_", 504711)],
  ["number of an invoice", "a1b2c3d4-04711"],
];

/** Of an index and of the table. */
const FEW_ROWS = 16;

/** The rows of a list: the widest ranges of an index, each sorted. A part of every address leads to all of them. */
const manyRows = ({ q }: LicenseFilter) => (q === ".example.com" ? 6 * COUNT : 2 * COUNT);

const LISTS: LicenseFilter[] = [
  {},
  { before: license(25_000) },
  { status: "active" },
  { status: "expired" },
  { status: "suspended" },
  { status: "revoked" },
  { status: "suspended", before: license(25_000) },
  { plan: "premium-lifetime" },
  { plan: "premium-monthly", status: "suspended" },
  { plan: "premium-trial", status: "expired", before: license(45_000) },
  { q: "use" },
  { q: "use", status: "revoked" },
  { q: ".example.com" },
  { q: "xyz.example.com" },
  { q: "nobody" },
];

/** The steps by which the database answers. */
async function planOf(filter: LicenseFilter): Promise<string[]> {
  const { sql, params } = licenseIdQuery(filter, 51, NOW);
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...params)
    .all<{ detail: string }>();
  return results.map(({ detail }) => detail);
}

/**
 * The number of rows of tables and indexes that the database reads for the answer. Unlike time, it is the same on every
 * machine.
 */
async function rowsReadFor(filter: LicenseFilter): Promise<number> {
  const { sql, params } = licenseIdQuery(filter, 51, NOW);
  const { meta } = await env.DB.prepare(sql)
    .bind(...params)
    .run();
  return meta.rows_read;
}

describe("a search through 50,000 licenses", () => {
  // One test makes all searches, because seeding takes seconds and storage lasts for one test.
  beforeEach(seedLicenses, 240_000);

  it("finds a license by each known fact, newest first, by an index, without reading more rows than needed", async () => {
    for (const [what, q] of KNOWN) {
      const found = await searchLicenses(env.DB, { q }, 51, NOW);
      expect(
        found.map((one) => one.id),
        what,
      ).toEqual([license(4711)]);
      expect(found[0]?.machines, what).toHaveLength(2);
    }
    const known: LicenseFilter[] = KNOWN.map(([, q]) => ({ q }));
    for (const filter of [...known, ...LISTS]) {
      const steps = await planOf(filter);
      const name = `${JSON.stringify(filter)}: ${steps.join("; ")}`;
      expect(steps.length, name).toBeGreaterThan(0);
      expect(
        steps.filter((step) => step.startsWith("SCAN") || /SEARCH (?!.*USING)/.test(step)),
        name,
      ).toEqual([]);
      // The expressions must be word for word those of the index. No other test fails if they are not.
      if (filter.status !== undefined && filter.plan === undefined) expect(name).toContain("licenses_by_status");
      // The widest search reads its range of an index and sorts it. It reads no license, and nothing twice.
      expect(await rowsReadFor(filter), name).toBeLessThanOrEqual(known.includes(filter) ? FEW_ROWS : manyRows(filter));
    }
  }, 240_000);
});

describe("a search for a credential", () => {
  it.each([
    ["license key", "rbee_lic_0DJ5JPHB5QKS1V5XQ7C8SD8R6C0003Y2B7X9E1M4K6P0T5W8ZA3CF"],
    ["license key in capitals, with something before it", "key: RBEE_LIC_0DJ5"],
    ["admin token", "rbee_adm_A1b2C3d4"],
    ["license token", "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJsaWNfIn0.c2ln"],
  ])("is refused with %s, because addresses are logged", async (_, q) => {
    const response = await ask("GET", `/v1/admin/licenses?q=${encodeURIComponent(q)}`, { token: await ownerToken() });
    expect(response.status).toBe(422);
    const text = await response.text();
    expect(text).toContain("must not hold a key");
    expect(text).not.toContain(q.slice(0, 12));
  });

  it("does not mistake a mail address for a credential", async () => {
    const { id } = await issueLicense({ email: "eyjafjalla@example.com" });
    const response = await ask("GET", "/v1/admin/licenses?q=eyJafjalla@example.com", { token: await ownerToken() });
    const { licenses } = await response.json<{ licenses: { id: string }[] }>();
    expect(licenses.map((one) => one.id)).toEqual([id]);
  });
});
