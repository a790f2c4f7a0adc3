import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, it } from "vitest";
import { isStandingTime, keepStandings, readStandings } from "../../../src/domain/figures/standings.ts";
import { STATUS_SQL } from "../../../src/domain/licensing/license/record.ts";
import { currentTime, DAY, startOfDay } from "../../../src/lib/time.ts";
import { adminAct, hive, issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { countStatistics, statistics } from "../../support/usage-fixture.ts";

const NOW = 1_800_000_000;

it("keepStandings: stores the day's first count of licenses by status and of activated machines", async () => {
  const now = currentTime();
  const [one, two] = [await issueLicense(), await issueLicense()];
  await tokenFor(one.key, "m");
  await keepStandings(env, now);
  await adminAct(two.id, "suspend");
  await keepStandings(env, now);
  await keepStandings(env, now + DAY);
  expect(await statistics("SELECT * FROM standing_days ORDER BY day")).toEqual([
    { day: startOfDay(now), active: 2, suspended: 0, expired: 0, revoked: 0, machines: 1 },
    { day: startOfDay(now) + DAY, active: 1, suspended: 1, expired: 0, revoked: 0, machines: 1 },
  ]);
  expect(await readStandings(env.DB, now)).toEqual({ active: 1, suspended: 1, expired: 0, revoked: 0, machines: 1 });
});

it("readStandings: is zero for an empty ledger", async () => {
  expect(await readStandings(env.DB, currentTime())).toEqual({
    active: 0,
    suspended: 0,
    expired: 0,
    revoked: 0,
    machines: 0,
  });
  await keepStandings(env, currentTime());
  expect(await countStatistics("standing_days")).toBe(1);
});

it("isStandingTime: is true in one minute of each day", () => {
  const minutes = Array.from({ length: 2880 }, (_, minute) => 1_800_000_000 + minute * 60);
  expect(minutes.filter(isStandingTime)).toHaveLength(2);
});

it("readStandings: equals a count of every license, after any inserts, updates and deletions, at any time", async () => {
  const DAYS = 3 * DAY;
  const end = fc.option(fc.integer({ min: NOW - DAYS, max: NOW + DAYS }), { nil: null });
  const facts = fc.record({
    admin_state: fc.constantFrom("none", "none", "none", "suspended", "revoked"),
    refund_state: fc.constantFrom("none", "none", "partial", "full"),
    dispute_state: fc.constantFrom("none", "none", "open", "won", "lost"),
    subscription_state: fc.constantFrom("none", "active", "past_due", "suspended", "ended"),
    expires_at: end,
    extended_until: end,
    grace_seconds: fc.constantFrom(0, DAY),
  });
  const step = fc.record({ id: fc.nat(9), facts, acts: fc.constantFrom("write", "write", "write", "delete") });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), fc.nat(2 * DAYS), async (steps, later) => {
      const write = env.DB.prepare(
        `INSERT INTO licenses (id, email, plan, entitlements, versions, machine_limit, offline_days, status_index, livemode,
           last_change, created_at, updated_at, admin_state, refund_state, dispute_state, subscription_state, expires_at,
           extended_until, grace_seconds)
         VALUES (?1, 'a@b.c', 'p', '[]', '*', 5, 0, ?2, 1, '', 0, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (id) DO UPDATE SET admin_state = ?3, refund_state = ?4, dispute_state = ?5, subscription_state = ?6,
           expires_at = ?7, extended_until = ?8, grace_seconds = ?9`,
      );
      await env.DB.batch([
        env.DB.prepare("DELETE FROM licenses"),
        ...steps.map(({ id, acts, facts }) =>
          acts === "delete"
            ? env.DB.prepare("DELETE FROM licenses WHERE id = ?").bind(`lic_${id}`)
            : write.bind(`lic_${id}`, id, ...Object.values(facts)),
        ),
      ]);
      for (const now of [NOW - DAYS + later, startOfDay(NOW), startOfDay(NOW) - 1]) {
        const { results } = await env.DB.prepare(
          `SELECT ${STATUS_SQL} AS status, count(*) AS count FROM licenses GROUP BY 1`,
        )
          .bind(now)
          .all<{ status: string; count: number }>();
        const counted = Object.fromEntries(results.map(({ status, count }) => [status, count]));
        const none = { active: 0, suspended: 0, expired: 0, revoked: 0, machines: 0 };
        expect(await readStandings(env.DB, now)).toEqual({ ...none, ...counted });
      }
    }),
    { numRuns: 40 },
  );
});

it("readStandings: counts the active machines through activation, deactivation and return", async () => {
  const machines = async () => (await readStandings(env.DB, currentTime())).machines;
  const { key } = await issueLicense({ machine_limit: 2 });
  await tokenFor(key, "m");
  const token = await tokenFor(key, "n");
  expect(await machines()).toBe(2);
  const body = { credential: token, body: { fingerprint: "n" } };
  expect((await hive("POST", "/v1/licenses/deactivate", body)).status).toBe(204);
  expect(await machines()).toBe(1);
  await tokenFor(key, "n");
  expect(await machines()).toBe(2);
});
