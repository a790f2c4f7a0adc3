import { DAY, type UnixSeconds } from "../../src/lib/time.ts";

/** Rows that one statement makes, so that each stays within D1's 30 seconds. */
const AT_ONCE = 50_000;

/**
 * Fills an empty ledger with licenses of every plan and status, and two machines each, by few statements: a million
 * through the stores would take an hour. The ids have the length and the order of real ones.
 */
export async function fillLedger(db: D1Database, licenses: number, now: UnixSeconds): Promise<void> {
  for (let first = 0; first < licenses; first += AT_ONCE) {
    const last = Math.min(licenses, first + AT_ONCE) - 1;
    const rows = `WITH RECURSIVE rows (n) AS (SELECT ${first} UNION ALL SELECT n + 1 FROM rows WHERE n < ${last})`;
    const hash = (n: string) => `printf('%027d', ${n}) || printf('%016d', ((${n}) * 7919) % 100000007)`;
    await db.batch([
      db.prepare(
        `${rows} INSERT INTO licenses (id, email, plan, entitlements, versions, machine_limit, offline_days, admin_state,
           refund_state, subscription_state, expires_at, status_index, livemode, last_change, created_at, updated_at,
           checkout_session_id, stripe_customer_id, stripe_payment_intent_id)
         SELECT ${licenseId("n")}, printf('customer%d@example.com', (n * 7919) % 1000003),
           CASE WHEN n % 50 = 0 THEN 'premium-trial' WHEN n % 3 = 0 THEN 'premium-monthly' ELSE 'premium-lifetime' END,
           '["llm-worker-rbee-premium-*"]', '*', 25, 30,
           CASE WHEN n % 1997 = 0 THEN 'revoked' WHEN n % 1993 = 0 THEN 'suspended' ELSE 'none' END,
           CASE WHEN n % 499 = 0 THEN 'full' ELSE 'none' END,
           CASE WHEN n % 3 = 0 THEN 'active' ELSE 'none' END,
           CASE WHEN n % 3 = 0 THEN ${now} + ((n * 7919) % 700 - 300) * ${DAY} / 10 ELSE NULL END,
           2 * ((n * 7919) % 8388593), 1, '', n, n, printf('cs_live_%058d', n), printf('cus_%014d', n), printf('pi_%024d', n) FROM rows`,
      ),
      ...[0, 1].map((machine) =>
        db.prepare(
          `${rows} INSERT INTO machines (id, license_id, fingerprint_hash, name, platform, activated_at, last_seen_at, last_change,
             status_index, status_generation)
           SELECT 'mach_' || printf('%026d', 2 * n + ${machine}), ${licenseId("n")}, ${hash(`2 * n + ${machine}`)}, 'rig', 'linux-x86_64',
             n, n, '', 2 * (((2 * n + ${machine}) * 7919) % 8388593) + 1, 0 FROM rows`,
        ),
      ),
    ]);
  }
}

const licenseId = (n: string): string => `'lic_' || printf('%026d', ${n})`;

/** The id of license number `n` of `fillLedger`, its address, and that of its first machine. */
export const filled = (n: number) => ({
  id: `lic_${String(n).padStart(26, "0")}`,
  email: `customer${(n * 7919) % 1000003}@example.com`,
  machine: `mach_${String(2 * n).padStart(26, "0")}`,
});
