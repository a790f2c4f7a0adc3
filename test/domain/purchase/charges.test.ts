import { describe, expect, it } from "vitest";
import { disputeState, licenseChargeFacts, refundState } from "../../../src/domain/purchase/charges.ts";

const charge = { amount_captured: 100 };

describe("the refund state of a charge", () => {
  it.each([
    ["nothing", [], "none"],
    ["a part", [{ amount: 99, status: "succeeded" }], "partial"],
    ["all", [{ amount: 100, status: "succeeded" }], "full"],
    [
      "all in two parts, one on its way",
      [
        { amount: 60, status: "succeeded" },
        { amount: 40, status: "pending" },
      ],
      "full",
    ],
    ["all, but it failed", [{ amount: 100, status: "failed" }], "none"],
    [
      "all, one half of which failed",
      [
        { amount: 50, status: "failed" },
        { amount: 50, status: "succeeded" },
      ],
      "partial",
    ],
    ["all, canceled", [{ amount: 100, status: "canceled" }], "none"],
  ])("%s", (_, refunds, expected) => {
    expect(refundState(charge, refunds)).toBe(expected);
  });
});

describe("the dispute state of a charge", () => {
  it.each([
    [[], "none"],
    [["warning_needs_response"], "none"],
    [["warning_closed"], "none"],
    [["needs_response"], "open"],
    [["under_review", "won"], "open"],
    [["won"], "won"],
    [["won", "lost"], "lost"],
  ] as const)("%j is %s", (statuses, expected) => {
    expect(disputeState(statuses.map((status) => ({ status })))).toBe(expected);
  });
});

describe("all charges of a license", () => {
  const lost = { refund_state: "none", dispute_state: "lost" } as const;
  const won = { refund_state: "full", dispute_state: "won" } as const;

  it("have the state of the worst", () => {
    expect(licenseChargeFacts([won, lost], false)).toEqual({ refund_state: "full", dispute_state: "lost" });
    expect(licenseChargeFacts([], false)).toEqual({ refund_state: "none", dispute_state: "none" });
  });

  it("of a subscription are not taken back by a refund", () => {
    expect(licenseChargeFacts([won], true)).toEqual({ refund_state: "none", dispute_state: "won" });
  });
});
