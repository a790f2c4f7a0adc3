import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  LICENSE_STATUSES,
  type LicenseFacts,
  STATUS_SQL,
  standingOf,
  statusCondition,
} from "../../../../src/domain/licensing/license/record.ts";

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
