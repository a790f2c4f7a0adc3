import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  LICENSE_STATUSES,
  type LicenseFacts,
  STATUS_SQL,
  standingOf,
  statusCondition,
  statusOfMachine,
} from "../../../../src/domain/licensing/license/record.ts";
import { packStatusList, STATUS_LIST_SIZE } from "../../../../src/domain/licensing/token/status-list.ts";
import { listedStatuses } from "../../../../src/domain/licensing/token/status-store.ts";

const NOW = 1_800_000_000;

const facts: fc.Arbitrary<LicenseFacts> = fc.record({
  admin_state: fc.constantFrom("none", "suspended", "revoked"),
  refund_state: fc.constantFrom("none", "partial", "full"),
  dispute_state: fc.constantFrom("none", "open", "won", "lost"),
  subscription_state: fc.constantFrom("none", "active", "past_due", "suspended", "ended"),
  expires_at: fc.option(fc.integer({ min: NOW - 10, max: NOW + 10 }), { nil: null }),
  extended_until: fc.option(fc.integer({ min: NOW - 10, max: NOW + 10 }), { nil: null }),
  grace_seconds: fc.constantFrom(0, 1, 5, 20),
});

describe("a license's status", () => {
  it("follows the precedence", () => {
    const plain: LicenseFacts = {
      admin_state: "none",
      refund_state: "none",
      dispute_state: "none",
      subscription_state: "none",
      expires_at: null,
      extended_until: null,
      grace_seconds: 0,
    };
    const statusOf = (over: Partial<LicenseFacts>) => standingOf({ ...plain, ...over }, NOW).status;
    expect(statusOf({})).toBe("active");
    expect(statusOf({ refund_state: "partial", dispute_state: "won" })).toBe("active");
    expect(statusOf({ refund_state: "full" })).toBe("revoked");
    expect(statusOf({ dispute_state: "lost" })).toBe("revoked");
    expect(statusOf({ dispute_state: "open" })).toBe("suspended");
    expect(statusOf({ subscription_state: "ended", expires_at: NOW + 9 })).toBe("expired");
    expect(statusOf({ subscription_state: "past_due", expires_at: NOW - 9, grace_seconds: 10 })).toBe("active");
    expect(statusOf({ subscription_state: "past_due", expires_at: NOW - 9, grace_seconds: 9 })).toBe("suspended");
    expect(statusOf({ expires_at: NOW })).toBe("expired");
    expect(statusOf({ expires_at: NOW + 1 })).toBe("active");
    const extended = { extended_until: NOW + 1 };
    expect(statusOf({ ...extended, expires_at: NOW - 9, subscription_state: "ended" })).toBe("active");
    expect(statusOf({ ...extended, dispute_state: "open" })).toBe("suspended");
    expect(statusOf({ extended_until: NOW, expires_at: NOW - 9 })).toBe("expired");
  });

  it("has a warning only during the grace", () => {
    const subject = (expires_at: number): LicenseFacts => ({
      admin_state: "none",
      refund_state: "none",
      dispute_state: "none",
      subscription_state: "active",
      expires_at,
      extended_until: null,
      grace_seconds: 10,
    });
    expect(standingOf(subject(NOW + 1), NOW)).toEqual({ status: "active", ends_at: NOW + 11, warning: null });
    expect(standingOf(subject(NOW), NOW)).toEqual({ status: "active", ends_at: NOW + 10, warning: "in_grace" });
  });

  it("never follows a payment after an admin has decided", () => {
    fc.assert(
      fc.property(facts, fc.constantFrom("suspended", "revoked"), (any, decided) => {
        expect(standingOf({ ...any, admin_state: decided }, NOW).status).toBe(decided);
      }),
    );
  });

  it("never becomes active again as time passes", () => {
    fc.assert(
      fc.property(facts, fc.nat({ max: 100 }), (any, later) => {
        if (standingOf(any, NOW).status !== "active") expect(standingOf(any, NOW + later).status).not.toBe("active");
      }),
    );
  });

  it("is the same in SQL", async () => {
    const samples = fc.sample(facts, 500);
    const conditions = LICENSE_STATUSES.map((status) => `WHEN ${statusCondition(status)} THEN '${status}'`).join(" ");
    const { results } = await env.DB.prepare(
      `SELECT ${STATUS_SQL} AS status, CASE ${conditions} END AS listed FROM (SELECT key AS place, value ->> 'admin_state' AS admin_state,
         value ->> 'refund_state' AS refund_state, value ->> 'dispute_state' AS dispute_state,
         value ->> 'subscription_state' AS subscription_state, value ->> 'expires_at' AS expires_at,
         value ->> 'extended_until' AS extended_until,
         value ->> 'grace_seconds' AS grace_seconds FROM json_each(?2)) ORDER BY place`,
    )
      .bind(NOW, JSON.stringify(samples))
      .all<{ status: string; listed: string }>();
    const statuses = samples.map((sample) => standingOf(sample, NOW).status);
    expect(results.map(({ status }) => status)).toEqual(statuses);
    expect(results.map(({ listed }) => listed)).toEqual(statuses);
  });
});

describe("the place of a machine in a status list", () => {
  const LIST = 7;

  /** A license with one machine, whose index was drawn for `drawn` rotations, and which may have left the place. */
  const place = fc.record({
    facts,
    generation: fc.nat({ max: 3 }),
    drawn: fc.nat({ max: 3 }),
    isSpent: fc.boolean(),
    hasLease: fc.boolean(),
  });

  it("has the same status in SQL", async () => {
    const samples = fc.sample(place, 200);
    const first = LIST * STATUS_LIST_SIZE;
    // Every license's own place is in the list, too, after those of the machines.
    await env.DB.batch(
      samples.flatMap(({ facts, generation, drawn, isSpent, hasLease }, at) => {
        const columns = {
          ...{ id: `lic_${at}`, generation, email: "a@example.com", plan: "p", entitlements: "[]", versions: "*" },
          ...{ machine_limit: 1, offline_days: 0, status_index: first + samples.length + at, livemode: 0 },
          ...{ last_change: "", created_at: 0, updated_at: 0, ...facts },
        };
        const names = Object.keys(columns);
        return [
          env.DB.prepare(`INSERT INTO licenses (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`).bind(
            ...Object.values(columns),
          ),
          env.DB.prepare(
            `INSERT INTO machines (id, license_id, fingerprint_hash, activated_at, last_seen_at, lease_until, last_change,
               status_index, status_generation) VALUES (?1, ?2, printf('%043d', ?3), 0, 0, ?4, '', ?5, ?6)`,
          ).bind(`mach_${at}`, `lic_${at}`, at, hasLease ? NOW + 10 : 0, first + at, drawn),
          ...(isSpent
            ? [env.DB.prepare("UPDATE machines SET deactivated_at = ? WHERE id = ?").bind(NOW - 5, `mach_${at}`)]
            : []),
        ];
      }),
    );
    const byPlace = new Map((await listedStatuses(env.DB, LIST, NOW)).map(({ idx, status }) => [idx, status]));
    samples.forEach(({ facts, generation, drawn, isSpent }, at) => {
      const ofMachine = statusOfMachine({ ...facts, generation }, { status_generation: drawn }, NOW);
      expect(byPlace.get(at) ?? "active").toBe(isSpent ? "revoked" : ofMachine);
      expect(byPlace.get(samples.length + at) ?? "active").toBe(standingOf(facts, NOW).status);
    });
    expect(byPlace.size).toBeLessThanOrEqual(2 * samples.length);
    expect(await listedStatuses(env.DB, LIST + 1, NOW)).toEqual([]);
  });

  it("takes two bits of the list, and changes no neighbor", () => {
    const bytes = packStatusList([
      { idx: 1, status: "revoked" },
      { idx: 2, status: "suspended" },
      { idx: STATUS_LIST_SIZE - 1, status: "expired" },
    ]);
    expect([bytes[0], bytes[1], bytes.at(-1)]).toEqual([0b00_10_01_00, 0, 0b10_00_00_00]);
  });
});
