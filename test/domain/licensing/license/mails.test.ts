import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mailsOfChange, mailsOfCreation } from "../../../../src/domain/licensing/license/mails.ts";
import { isInForce, type Phase, phaseOf, tellAt } from "../../../../src/domain/licensing/license/phase.ts";
import type { License } from "../../../../src/domain/licensing/license/record.ts";
import { DAY, HOUR } from "../../../../src/lib/time.ts";
import type { Action } from "../../../../src/platform/storage/actions.ts";
import { licenseRow, ROW_NOW as NOW } from "../../../support/license-row.ts";

/** The license as a change at `at` leaves it. */
const told = (license: License, at: number): License => ({
  ...license,
  told: phaseOf(license, at),
  tell_at: tellAt(license, at),
  updated_at: at,
});

const SUBSCRIBED = {
  subscription_state: "active",
  stripe_status: "active",
  expires_at: NOW + 10 * DAY,
  grace_seconds: 7 * DAY,
  price_amount: 9900,
  price_currency: "usd",
} as const;
const TRIAL = { ...SUBSCRIBED, stripe_status: "trialing", trial_ends_at: NOW + 10 * DAY } as const;
const DUE = { ...SUBSCRIBED, subscription_state: "past_due", stripe_status: "past_due", expires_at: NOW } as const;

const mails = (
  before: Partial<License>,
  after: Partial<License>,
  { at = NOW, action = "license.follow-payment" }: { at?: number; action?: Action } = {},
) => mailsOfChange(told(licenseRow(before), NOW), licenseRow({ ...before, ...after }), { at, action });

const kinds = (...args: Parameters<typeof mails>) => mails(...args).map(({ kind }) => kind);

describe("a change of a license", () => {
  it.each<[string, Partial<License>, Partial<License>, string[]]>([
    ["nothing", SUBSCRIBED, {}, []],
    ["a note", SUBSCRIBED, { note: "x" }, []],
    ["a failed payment", SUBSCRIBED, DUE, ["payment_failed"]],
    ["a failed first payment after a trial", TRIAL, { ...DUE, trial_ends_at: null }, ["payment_failed"]],
    ["the payment of a due license", DUE, SUBSCRIBED, ["license_resumed"]],
    ["unpaid", DUE, { subscription_state: "suspended", stripe_status: "unpaid" }, ["license_suspended"]],
    ["a pause", SUBSCRIBED, { subscription_state: "suspended", stripe_status: "paused" }, ["license_suspended"]],
    ["a suspension", SUBSCRIBED, { admin_state: "suspended" }, ["license_suspended"]],
    ["a suspension lifted", { ...SUBSCRIBED, admin_state: "suspended" }, { admin_state: "none" }, ["license_resumed"]],
    ["a scheduled cancellation", SUBSCRIBED, { cancels_at: NOW + 10 * DAY, grace_seconds: 0 }, ["license_cancelled"]],
    [
      "a cancellation undone",
      { ...SUBSCRIBED, cancels_at: NOW + 10 * DAY, grace_seconds: 0 },
      { cancels_at: null, grace_seconds: 7 * DAY },
      ["license_uncancelled"],
    ],
    [
      "a cancellation at once",
      SUBSCRIBED,
      { subscription_state: "ended", stripe_status: "canceled", expires_at: NOW },
      ["license_ended"],
    ],
    ["a dispute", SUBSCRIBED, { dispute_state: "open" }, ["license_disputed"]],
    ["a dispute won", { ...SUBSCRIBED, dispute_state: "open" }, { dispute_state: "won" }, ["license_dispute_won"]],
    ["a dispute lost", { ...SUBSCRIBED, dispute_state: "open" }, { dispute_state: "lost" }, ["license_revoked"]],
    ["a full refund by its amount, elsewhere", {}, { refund_state: "full" }, []],
    ["a refund that failed", { refund_state: "full" }, { refund_state: "none" }, ["license_reinstated"]],
    ["a revocation", SUBSCRIBED, { admin_state: "revoked" }, ["license_revoked"]],
    ["a revocation of a refunded one", { refund_state: "full" }, { admin_state: "revoked" }, []],
    ["a refund of a revoked one", { admin_state: "revoked" }, { refund_state: "full" }, []],
    ["a reinstatement", { admin_state: "revoked" }, { admin_state: "none" }, ["license_reinstated"]],
    ["a reinstatement after its end", { admin_state: "revoked", expires_at: NOW - DAY }, { admin_state: "none" }, []],
    ["more machines", SUBSCRIBED, { machine_limit: 10 }, ["machine_limit_changed"]],
    ["another plan with more machines", SUBSCRIBED, { plan: "premium-lifetime", machine_limit: 25 }, ["plan_changed"]],
    [
      "another plan of an ended license",
      { plan: "premium-trial", expires_at: NOW - DAY },
      { ...SUBSCRIBED, plan: "premium-monthly" },
      ["plan_changed"],
    ],
    [
      "another plan of a canceled subscription",
      { ...SUBSCRIBED, cancels_at: NOW + 10 * DAY, grace_seconds: 0 },
      { plan: "premium-lifetime", subscription_state: "none", expires_at: null, cancels_at: null },
      ["plan_changed"],
    ],
    ["another key", SUBSCRIBED, { generation: 1 }, ["key_rotated"]],
    ["another address and key", {}, { email: "bob@example.com", generation: 1 }, ["address_changed", "key_rotated"]],
    ["an erasure", SUBSCRIBED, { email: "erased", admin_state: "revoked" }, []],
    ["a later end", { expires_at: NOW + 20 * DAY }, { expires_at: NOW + 40 * DAY }, ["end_changed"]],
    ["an end that is near", { expires_at: NOW + 20 * DAY }, { expires_at: NOW + 3 * DAY }, ["license_expiring"]],
    ["no end", { expires_at: NOW + 20 * DAY }, { expires_at: null }, ["end_changed"]],
    ["an extension", { expires_at: NOW + 20 * DAY }, { extended_until: NOW + 30 * DAY }, ["end_changed"]],
    [
      "an extension of an ended one",
      { expires_at: NOW - DAY },
      { extended_until: NOW + 30 * DAY },
      ["license_resumed"],
    ],
    ["a longer trial", TRIAL, { trial_ends_at: NOW + 20 * DAY, expires_at: NOW + 20 * DAY }, ["end_changed"]],
  ])("tells %s", (_, before, after, expected) => {
    expect(kinds(before, after)).toEqual(expected);
  });

  it("never tells the old address the new one, and mails the key to the new one alone", () => {
    const [changed, rotated] = mails({}, { email: "bob@example.com", generation: 1 });
    expect(changed).toMatchObject({ kind: "address_changed", to: "ada@example.com" });
    expect(JSON.stringify(changed)).not.toContain("bob");
    expect(rotated).toMatchObject({ kind: "key_rotated", to: "bob@example.com", data: { is_new_owner: 1 } });
  });

  it("notes until when a license with a failed payment works", () => {
    expect(mails(SUBSCRIBED, DUE)).toMatchObject([{ data: { phase: "due", works_until: NOW + 7 * DAY } }]);
  });

  it("tells the charge of a trial seven days before at the latest, once for each end, and not of a canceled one", () => {
    const late = { at: NOW + 3 * DAY };
    expect(mails(TRIAL, {}, late)).toMatchObject([{ kind: "trial_ending", occasion: String(NOW + 10 * DAY) }]);
    expect(kinds(TRIAL, {}, { at: NOW + 3 * DAY - HOUR - 1 })).toEqual([]);
    expect(kinds({ ...TRIAL, cancels_at: NOW + 10 * DAY }, {}, late)).toEqual([]);
  });
});

describe("a new license", () => {
  const created = (over: Partial<License>) =>
    mailsOfCreation(licenseRow({ checkout_session_id: "cs_1", created_at: NOW, ...over }), {
      at: NOW,
      action: "license.buy",
    });

  it.each<[string, Partial<License>, string[]]>([
    ["a purchase", {}, ["license_key"]],
    ["a subscription", SUBSCRIBED, ["license_key"]],
    ["a trial before a payment", TRIAL, ["license_key", "trial_started"]],
    ["an issued trial", { plan: "premium-trial", expires_at: NOW + 30 * DAY }, ["license_key"]],
    [
      "one that is canceled already",
      { ...TRIAL, cancels_at: NOW + DAY },
      ["license_key", "trial_started", "license_cancelled"],
    ],
    ["one that was refunded already", { refund_state: "full" }, ["license_key"]],
    ["one whose payment is disputed already", { dispute_state: "open" }, ["license_key", "license_disputed"]],
  ])("tells %s, once for each checkout", (_, over, expected) => {
    expect(created(over).map(({ kind }) => kind)).toEqual(expected);
    expect(created(over).every(({ occasion }) => occasion === "cs_1")).toBe(true);
  });
});

/** The phase that the owner believes in after a mail, if the mail says so. */
const believed = (mail: { data: Record<string, unknown> }): Phase | undefined =>
  mail.data["phase"] as Phase | undefined;

describe("whatever happens to a license", () => {
  // Without full refunds, which are told by their amount.
  const facts = fc.record(
    {
      admin_state: fc.constantFrom("none", "suspended", "revoked"),
      refund_state: fc.constantFrom("none", "partial"),
      dispute_state: fc.constantFrom("none", "open", "won", "lost"),
      subscription_state: fc.constantFrom("none", "active", "past_due", "suspended", "ended"),
      stripe_status: fc.constantFrom("active", "trialing", "past_due", "unpaid", "paused", "canceled"),
      expires_at: fc.option(fc.integer({ min: NOW - 20 * DAY, max: NOW + 60 * DAY })),
      extended_until: fc.option(fc.integer({ min: NOW - 20 * DAY, max: NOW + 60 * DAY })),
      trial_ends_at: fc.option(fc.integer({ min: NOW, max: NOW + 30 * DAY })),
      grace_seconds: fc.constantFrom(0, 7 * DAY),
      machine_limit: fc.constantFrom(5, 10),
    },
    { requiredKeys: [] },
  );
  const steps = fc.array(fc.record({ later: fc.integer({ min: 0, max: 9 * DAY }), facts, isChange: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  });

  it("the owner is told that it stops or works again each time, and never twice in a row", () => {
    fc.assert(
      fc.property(steps, (walk) => {
        let license = told(licenseRow(), NOW);
        let at = NOW;
        let believes: Phase = phaseOf(license, NOW);
        for (const { later, facts: patch, isChange } of walk) {
          at += later;
          const after = isChange ? { ...license, ...patch } : license;
          const sent = mailsOfChange(license, after, { at, action: "license.follow-payment" });
          for (const mail of sent) believes = believed(mail) ?? believes;
          license = told(after, at);
          const now = phaseOf(license, at);
          // A license that was taken back, and has ended meanwhile, tells nothing new.
          const isTold = isInForce(believes) === isInForce(now);
          expect(isTold || (!isInForce(believes) && !isInForce(now))).toBe(true);
          const again = mailsOfChange(license, license, { at, action: "license.follow-payment" });
          expect(again.filter(({ kind }) => kind !== "license_expiring" && kind !== "trial_ending")).toEqual([]);
        }
      }),
    );
  });

  it("the job of the clock looks in time: between two looks, no phase changes", () => {
    fc.assert(
      fc.property(facts, fc.integer({ min: 0, max: 90 * DAY }), (patch, later) => {
        const license = licenseRow(patch);
        const next = tellAt(license, NOW);
        const at = NOW + later;
        if (next === null || at < next) expect(phaseOf(license, at)).toBe(phaseOf(license, NOW));
        if (next !== null) expect(next).toBeGreaterThan(NOW);
      }),
      { numRuns: 2000 },
    );
  });
});
