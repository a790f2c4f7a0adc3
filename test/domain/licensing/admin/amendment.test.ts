import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { licenseByHand } from "../../../../src/domain/licensing/admin/act.ts";
import { type Amendment, decideAmendment } from "../../../../src/domain/licensing/admin/amendment.ts";
import { paidGrant } from "../../../../src/domain/licensing/license/paid-grant.ts";
import { endOf, type LicenseRow, standingOf } from "../../../../src/domain/licensing/license/record.ts";
import { PLAN_IDS, plans } from "../../../../src/domain/licensing/plans.ts";
import { DAY, END_OF_TIME } from "../../../../src/lib/time.ts";
import { licenseRow } from "../../../support/license-row.ts";

const NOW = 1_800_000_000;

/** A license issued by hand: ten days of trial. */
const issued = (over: Partial<LicenseRow> = {}) =>
  licenseRow({
    ...licenseByHand({ plan: "premium-trial", email: "ada@example.com" }, false, NOW),
    expires_at: NOW + 10 * DAY,
    ...over,
  });

/** A monthly license with a running subscription for five machines. */
const subscribed = (over: Partial<LicenseRow> = {}) =>
  licenseRow({
    ...licenseByHand({ plan: "premium-monthly", email: "ada@example.com" }, false, NOW),
    expires_at: NOW + 10 * DAY,
    grace_seconds: 7 * DAY,
    subscription_state: "active",
    stripe_subscription_id: "sub_1",
    stripe_customer_id: "cus_1",
    machine_limit_paid: 5,
    ...over,
  });

function amended(license: LicenseRow, wanted: Amendment) {
  const decision = decideAmendment(license, wanted, NOW);
  if (!decision.ok) throw new Error(decision.error);
  return { ...license, ...decision.value?.patch, details: decision.value?.amended };
}

const refusal = (license: LicenseRow, wanted: Amendment) => {
  const decision = decideAmendment(license, wanted, NOW);
  return decision.ok ? null : decision.error;
};

/** The license after a sync with a subscription for so many machines. */
const synced = (license: LicenseRow, machines: number, hasEnded = false) => ({
  ...license,
  ...paidGrant(license, { plan: "premium-monthly", machines, hasEnded }, NOW),
});

describe("an amendment", () => {
  it("changes the named fields alone, and names old and new values", () => {
    const license = issued();
    const wanted = { machine_limit: 7, versions: "<3.0.0", entitlements: ["llm-worker-rbee-premium-cpu"] };
    const after = amended(license, { ...wanted, updates_until: NOW + DAY, expires_at: NOW + 20 * DAY });
    expect(after).toMatchObject({ ...license, ...wanted, updates_until: NOW + DAY, expires_at: NOW + 20 * DAY });
    expect(after.details).toEqual({
      machine_limit: { from: 1, to: 7 },
      versions: { from: "*", to: "<3.0.0" },
      entitlements: { from: license.entitlements, to: ["llm-worker-rbee-premium-cpu"] },
      updates_until: { from: null, to: NOW + DAY },
      expires_at: { from: NOW + 10 * DAY, to: NOW + 20 * DAY },
    });
  });

  it("that changes nothing is none", () => {
    const license = issued({ note: "n" });
    const same = { plan: "premium-trial", email: license.email, note: " n ", machine_limit: 1, versions: "*" } as const;
    expect(decideAmendment(license, { ...same, expires_at: NOW + 10 * DAY }, NOW)).toEqual({ ok: true, value: null });
  });

  it("of address and note says only that they changed, because both name people", () => {
    const after = amended(issued({ note: "a friend of Ada" }), { email: "eve@example.com", note: "a friend of Eve" });
    expect(after.details).toEqual({ email: "changed", note: "changed" });
    expect(after).toMatchObject({ email: "eve@example.com", generation: 1, customer_email_due: false });
    expect(amended(subscribed(), { email: "eve@example.com" }).customer_email_due).toBe(true);
    for (const note of ["", "  ", null]) expect(amended(issued({ note: "n" }), { note }).note).toBeNull();
  });

  it("of the plan brings its grant, raises the machine limit, and leaves the end", () => {
    const after = amended(issued({ machine_limit: 3 }), { plan: "premium-lifetime" });
    expect(after).toMatchObject({ plan: "premium-lifetime", versions: "<2.0.0", machine_limit: 25, offline_days: 30 });
    expect(after.expires_at).toBe(NOW + 10 * DAY);
    expect(amended(issued({ machine_limit: 60 }), { plan: "premium-lifetime" }).machine_limit).toBe(60);
    const chosen = amended(issued(), { plan: "premium-lifetime", machine_limit: 2, versions: "*", expires_at: null });
    expect(chosen).toMatchObject({ machine_limit: 2, versions: "*", expires_at: null });
    expect(chosen.details).toMatchObject({ plan: { from: "premium-trial", to: "premium-lifetime" } });
  });

  it.each([
    ["an erased license", issued({ email: "erased" }), { note: "n" }, "erased"],
    ["the address of a revoked license", issued({ admin_state: "revoked" }), { email: "e@x.de" }, "revoked_has_no_key"],
    ["the address after the last key", issued({ generation: 0xffff }), { email: "e@x.de" }, "keys_used_up"],
    ["an end in the past", issued(), { expires_at: NOW }, "past_end"],
    ["the plan of a running subscription", subscribed(), { plan: "premium-lifetime" }, "plan_is_paid"],
    [
      "the plan of one in arrears",
      subscribed({ subscription_state: "past_due" }),
      { plan: "premium-trial" },
      "plan_is_paid",
    ],
    ["fewer machines than a subscription pays for", subscribed(), { machine_limit: 4 }, "limit_is_paid"],
    ["an end before the paid one", subscribed(), { expires_at: NOW + DAY }, "end_is_paid"],
  ] as const)("is refused for %s", (_, license, wanted, why) => {
    expect(refusal(license, wanted)).toBe(why);
  });

  it("of a license that an admin suspended or a bank disputes leaves those facts alone", () => {
    for (const fact of [{ admin_state: "suspended" }, { dispute_state: "open" }, { refund_state: "full" }] as const) {
      const before = issued(fact);
      const after = amended(before, { machine_limit: 9, note: "n", expires_at: null, plan: "premium-lifetime" });
      expect(after).toMatchObject(fact);
      expect(standingOf(after, NOW).status).toBe(standingOf(before, NOW).status);
    }
  });
});

describe("an amendment of a subscription's license", () => {
  it("grants more machines than are paid for, and the next payment keeps them", () => {
    const after = amended(subscribed(), { machine_limit: 7 });
    expect(after).toMatchObject({ machine_limit: 7, machine_limit_floor: 7, machine_limit_paid: 5 });
    expect(synced(after, 5)).toMatchObject({ machine_limit: 7 });
    expect(synced(after, 10)).toMatchObject({ machine_limit: 10, machine_limit_floor: 7 });
    expect(synced(synced(after, 10), 5)).toMatchObject({ machine_limit: 7 });
  });

  it("is taken back by the paid number", () => {
    const after = amended(amended(subscribed(), { machine_limit: 7 }), { machine_limit: 5 });
    expect(after).toMatchObject({ machine_limit: 5, machine_limit_floor: null });
    expect(synced(after, 5)).toMatchObject({ machine_limit: 5 });
  });

  it("extends the paid end, without an end at most, and is taken back by the paid end", () => {
    const later = amended(subscribed(), { expires_at: NOW + 90 * DAY });
    expect(later).toMatchObject({ expires_at: NOW + 10 * DAY, extended_until: NOW + 90 * DAY });
    const endless = amended(later, { expires_at: null });
    expect(endless.extended_until).toBe(END_OF_TIME);
    expect(endOf(endless)).toBeNull();
    expect(standingOf({ ...endless, subscription_state: "ended" }, NOW + 999 * DAY)).toEqual({
      status: "active",
      ends_at: null,
      warning: null,
    });
    expect(amended(endless, { expires_at: NOW + 10 * DAY }).extended_until).toBeNull();
  });

  it("chooses another plan once the subscription has ended, and no late event takes it back", () => {
    const ended = subscribed({ subscription_state: "ended", expires_at: NOW - DAY });
    const after = amended(ended, { plan: "premium-lifetime", expires_at: null });
    expect(after).toMatchObject({ plan: "premium-lifetime", machine_limit: 25, plan_amended: true });
    expect(standingOf(after, NOW).status).toBe("active");
    expect(synced(after, 5, true)).toEqual(after);
    // A new subscription of the same license decides again.
    expect(synced(after, 5)).toMatchObject({ plan: "premium-monthly", machine_limit: 5, plan_amended: false });
  });

  it("in any order with payments never grants fewer machines or days than are paid for", () => {
    const act = fc.oneof(
      fc.record({ pay: fc.integer({ min: 1, max: 40 }) }),
      fc.record({
        amend: fc.record(
          {
            machine_limit: fc.integer({ min: 1, max: 40 }),
            expires_at: fc.option(fc.integer({ min: NOW + 1, max: NOW + 30 * DAY })),
            plan: fc.constantFrom(...PLAN_IDS),
          },
          { requiredKeys: [] },
        ),
      }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), (acts) => {
        let license: LicenseRow = subscribed();
        let paid = 5;
        for (const step of acts) {
          if ("pay" in step) {
            paid = step.pay;
            license = synced(license, paid);
          } else {
            const decision = decideAmendment(license, step.amend, NOW);
            if (!decision.ok) continue;
            license = { ...license, ...decision.value?.patch };
          }
          expect(license.machine_limit).toBe(Math.max(paid, license.machine_limit_floor ?? 0));
          expect(endOf(license) ?? END_OF_TIME).toBeGreaterThanOrEqual(NOW + 10 * DAY);
          expect(license.plan).toBe("premium-monthly");
        }
      }),
    );
  });
});

it("every plan can be amended to every other", () => {
  for (const from of PLAN_IDS) {
    for (const plan of PLAN_IDS) {
      const after = amended(licenseRow(licenseByHand({ plan: from, email: "a@x.de" }, false, NOW)), { plan });
      expect(after.entitlements).toEqual(plans[plan].entitlements);
    }
  }
});
