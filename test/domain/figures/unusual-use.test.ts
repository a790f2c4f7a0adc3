import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { isUnusual, listUnusualUse } from "../../../src/domain/figures/usage.ts";
import { currentTime, DAY } from "../../../src/lib/time.ts";
import { recordUsage } from "../../../src/platform/usage/store.ts";
import { issueLicense } from "../../support/license-fixture.ts";

it("isUnusual: accepts the places of a traveler and of a fleet, and no more", () => {
  expect(isUnusual({ countries: 3, networks: 5, machine_limit: 5 })).toBe(false);
  expect(isUnusual({ countries: 1, networks: 6, machine_limit: 5 })).toBe(true);
  expect(isUnusual({ countries: 4, networks: 4, machine_limit: 5 })).toBe(true);
  expect(isUnusual({ countries: 2, networks: 12, machine_limit: 25 })).toBe(false);
  expect(isUnusual({ countries: 2, networks: 13, machine_limit: 25 })).toBe(true);
});

it("listUnusualUse: lists licenses used in too many places within a week, the most networks first", async () => {
  const now = currentTime();
  const [usual, travelling, spread, past] = await Promise.all([
    issueLicense(),
    issueLicense({ email: "travelling@example.com" }),
    issueLicense({ email: "spread@example.com" }),
    issueLicense(),
  ]);
  const uses = (license: { id: string }, places: [string, number][], daysAgo = 0) =>
    places.map(([country, network]) => ({
      kind: "use",
      license_id: license.id,
      place: { country, network },
      at: now - daysAgo * DAY,
    }));
  const networks = Array.from({ length: 20 }, (_, network): [string, number] => ["NL", network]);
  await recordUsage(env.STATISTICS, [
    ...uses(usual, [
      ["NL", 1],
      ["NL", 2],
      ["BE", 3],
    ]),
    ...uses(travelling, [
      ["NL", 1],
      ["BE", 2],
      ["DE", 3],
      ["FR", 4],
    ]),
    ...uses(spread, networks),
    ...uses(past, networks, 8),
  ]);
  expect(await listUnusualUse(env, now, 10)).toMatchObject([
    { license_id: spread.id, email: "spread@example.com", countries: 1, networks: 20, names: ["NL"] },
    { license_id: travelling.id, countries: 4, networks: 4 },
  ]);
  expect(await listUnusualUse(env, now, 1)).toHaveLength(1);
});
