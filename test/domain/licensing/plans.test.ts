import { describe, expect, it } from "vitest";
import { grantsWorker } from "../../../src/domain/licensing/grant.ts";
import { grantAt, PLAN_IDS, plans, SOLD_PLANS } from "../../../src/domain/licensing/plans.ts";
import { workers } from "../../../src/domain/workers/workers.ts";

const premium = workers.filter(({ tier }) => tier === "premium").map(({ id }) => id);

describe("the plans", () => {
  it("sell every premium worker", () => {
    const unsold = premium.filter((worker) => !SOLD_PLANS.some((plan) => grantsWorker(plans[plan], worker)));
    expect(unsold, "Nobody can buy these: name their family in a plan on sale, as docs/catalog.md says").toEqual([]);
    expect(premium).not.toEqual([]);
  });

  it.each(PLAN_IDS)("%s opens every premium worker, as its description promises, and no free one", (id) => {
    expect(plans[id].description).toMatch(/^Every premium worker/);
    expect(workers.filter((worker) => grantsWorker(plans[id], worker.id)).map((worker) => worker.id)).toEqual(premium);
  });
});

describe("the grant of a plan", () => {
  it("has all updates, or those of the days after the purchase that the plan names", () => {
    const plan = plans["premium-lifetime"];
    expect(grantAt(plan, 1_800_000_000)).toMatchObject({ machine_limit: 25, updates_until: null });
    expect(grantAt({ ...plan, updates_days: 365 }, 1_800_000_000).updates_until).toBe(1_800_000_000 + 365 * 86_400);
  });
});
