import { afterEach, expect, it, vi } from "vitest";
import { SOLD_PLANS } from "../../../src/domain/licensing/plans.ts";
import { expectLogged } from "../../support/logged.ts";
import { openShop } from "../../support/shop.ts";

const { ask, deserted, shopEnv } = await openShop();

/** A shop with a Stripe that does not answer, at the discard port. */

afterEach(() => {
  vi.restoreAllMocks();
});

/** How long the plans may be cached, and whether each has its price. */
async function plansAt(at: Env): Promise<{ keep: string | null; priced: boolean[] }> {
  const response = await ask("GET", "/v1/plans", { at });
  expect(response.status).toBe(200);
  const { plans } = await response.json<{ plans: { price: object | null }[] }>();
  return { keep: response.headers.get("Cache-Control"), priced: plans.map(({ price }) => price !== null) };
}

const PRICED = { keep: "public, max-age=300", priced: SOLD_PLANS.map(() => true) };
const UNPRICED = { keep: "no-store", priced: SOLD_PLANS.map(() => false) };

it("prices are not asked for again for 30 seconds after Stripe failed, and plans without prices are not cached", async () => {
  const begun = Date.now();
  const clock = vi.spyOn(Date, "now").mockReturnValue(begun);
  expect(await plansAt(deserted)).toEqual(UNPRICED);
  expect(await plansAt(deserted)).toEqual(UNPRICED);
  expect(expectLogged("prices.unreadable")).toHaveLength(1);
  // Stripe is back.
  clock.mockReturnValue(begun + 28_000);
  expect(await plansAt(shopEnv)).toEqual(UNPRICED);
  clock.mockReturnValue(begun + 31_000);
  expect(await plansAt(shopEnv)).toEqual(PRICED);
});

it("prices are cached for five minutes", async () => {
  const begun = Date.now();
  const clock = vi.spyOn(Date, "now").mockReturnValue(begun);
  expect(await plansAt(shopEnv)).toEqual(PRICED);
  clock.mockReturnValue(begun + 298_000);
  expect(await plansAt(deserted)).toEqual(PRICED);
  clock.mockReturnValue(begun + 301_000);
  expect(await plansAt(deserted)).toEqual(UNPRICED);
  expectLogged("prices.unreadable");
});
