import { describe, expect, it } from "vitest";
import { warningsOf } from "../../../../src/domain/licensing/license/warnings.ts";
import { DAY } from "../../../../src/lib/time.ts";
import { licenseRow, ROW_NOW } from "../../../support/license-row.ts";

const billed = {
  subscription_state: "active",
  stripe_subscription_id: "sub_1",
  expires_at: ROW_NOW + 10 * DAY,
  next_charge_at: ROW_NOW + 10 * DAY,
  next_charge_amount: 11_979,
  price_currency: "usd",
} as const;

const codes = (over: Parameters<typeof licenseRow>[0]) => warningsOf(licenseRow(over), ROW_NOW).map(({ code }) => code);

describe("the warnings about a license", () => {
  it.each([
    ["in force", billed, []],
    ["revoked and billed", { ...billed, admin_state: "revoked" }, ["still_billed"]],
    ["suspended and billed", { ...billed, admin_state: "suspended" }, ["still_billed"]],
    ["revoked, and past due", { ...billed, admin_state: "revoked", subscription_state: "past_due" }, ["still_billed"]],
    ["revoked, and its subscription ended", { ...billed, admin_state: "revoked", subscription_state: "ended" }, []],
    ["revoked, and never billed", { admin_state: "revoked" }, []],
    ["to be canceled", { ...billed, admin_state: "revoked", cancel_due_at: ROW_NOW }, ["cancellation_pending"]],
  ] as const)("%s", (_, over, expected) => {
    expect(codes(over)).toEqual(expected);
  });

  it("name the next charge", () => {
    const [warning] = warningsOf(licenseRow({ ...billed, admin_state: "revoked" }), ROW_NOW);
    expect(warning?.message).toBe(
      "Its subscription is still billed: 119.79 USD on 2027-05-13. Revoke it again with cancel_subscription to end that.",
    );
  });
});
