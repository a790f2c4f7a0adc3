import { expect, it } from "vitest";
import { lastMonths, monthAfter, monthOf, revenueOf } from "../../../src/domain/money/revenue.ts";

const NOW = Date.UTC(2026, 2, 15) / 1000;
const sums = (month: string, currency: string, over: object = {}) => ({
  ...{ month, currency, gross: 0, tax: 0, refunded: 0, purchases: 0, renewals: 0 },
  ...{ trials_started: 0, trials_converted: 0, churn: 0, ...over },
});

it("months: they follow each other over the turn of a year", () => {
  expect(monthOf(NOW)).toBe("2026-03");
  expect(monthAfter("2026-12")).toBe("2027-01");
  expect(monthAfter("2026-01", -13)).toBe("2024-12");
  expect(lastMonths(12, NOW)).toEqual({ from: "2025-04", to: "2026-03" });
});

it("revenueOf: net is without tax and refunds, and currencies are never added up", () => {
  const range = { from: "2026-01", to: "2026-03" };
  const paid = [
    sums("2026-01", "usd", { gross: 12_100, tax: 2_100, purchases: 1 }),
    sums("2026-01", "eur", { gross: 500 }),
    sums("2026-02", "usd", { refunded: 12_100, tax: -2_100 }),
  ];
  expect(revenueOf(paid, [], range, NOW)).toMatchObject([
    { month: "2026-01", currency: "eur", gross: 500, net: 500 },
    { month: "2026-01", currency: "usd", gross: 12_100, tax: 2_100, net: 10_000, purchases: 1 },
    // The customer has everything back, the tax included.
    { month: "2026-02", currency: "usd", gross: 0, refunded: 12_100, net: -10_000 },
  ]);
});

it("revenueOf: the recurring revenue is the sum of all changes before, also in months without a payment", () => {
  const changes = [
    { month: "2025-06", currency: "usd", amount: 9_900, subscriptions: 1 },
    { month: "2026-02", currency: "usd", amount: -9_900, subscriptions: -1 },
  ];
  const range = { from: "2025-12", to: "2026-06" };
  expect(revenueOf([sums("2026-02", "usd", { churn: 1 })], changes, range, NOW)).toMatchObject([
    { month: "2025-12", mrr: 9_900, subscriptions: 1 },
    { month: "2026-01", mrr: 9_900, churn: 0 },
    { month: "2026-02", mrr: 0, subscriptions: 0, churn: 1 },
  ]);
});

it("revenueOf: a month that has not come has no recurring revenue", () => {
  const changes = [{ month: "2026-01", currency: "usd", amount: 9_900, subscriptions: 1 }];
  const months = revenueOf([], changes, { from: "2026-01", to: "2027-01" }, NOW).map(({ month }) => month);
  expect(months).toEqual(["2026-01", "2026-02", "2026-03"]);
});
