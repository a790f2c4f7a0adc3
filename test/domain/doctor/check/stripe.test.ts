import { expect, it } from "vitest";
import { checkStripe } from "../../../../src/domain/doctor/check/stripe.ts";
import { CHECKS } from "../../../../src/domain/doctor/checks.ts";
import type { AccountFinding } from "../../../../src/domain/purchase/account/check.ts";

const fact = (about: AccountFinding["about"], state: AccountFinding["state"], subject: string | null = null) => ({
  ...{ about, state, subject, detail: `${about} is ${state}` },
  remedy: state === "right" ? null : "Do this.",
});

it("checkStripe: passes where nothing is sold", () => {
  expect(checkStripe(null, "")).toMatchObject([{ check: "stripe-key", status: "ok", remedy: null }]);
});

it("checkStripe: makes a finding of each fact about the account, with the remedy of the fact", () => {
  const facts = [
    fact("key", "right"),
    fact("permission", "wrong", "customer_write"),
    fact("webhook", "unknown"),
    fact("portal", "right"),
    fact("price", "wrong", "premium-monthly"),
  ];
  expect(
    checkStripe(facts, "rk_live_x").map(({ check, subject, status, remedy }) => [check, subject, status, remedy]),
  ).toEqual([
    ["stripe-key", null, "ok", null],
    ["stripe-permission", "customer_write", "failed", "Do this."],
    ["stripe-webhook", null, "unknown", "Do this."],
    ["stripe-portal", null, "ok", null],
    ["stripe-price", "premium-monthly", "failed", "Do this."],
  ]);
});

it("checkStripe: a live secret key is too powerful, and a test key or a restricted one is not", () => {
  const status = (key: string) => checkStripe([fact("key", "right")], key)[0];
  expect(status("sk_live_x")).toMatchObject({ status: "warning", remedy: CHECKS["stripe-key"].remedy });
  expect([status("sk_test_x")?.status, status("rk_live_x")?.status]).toEqual(["ok", "ok"]);
});
