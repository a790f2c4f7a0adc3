import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { isStandingTime, keepStandings, readStandings } from "../../../src/domain/figures/standings.ts";
import { currentTime, DAY, startOfDay } from "../../../src/lib/time.ts";
import { adminAct, issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { countStatistics, statistics } from "../../support/usage-fixture.ts";

it("keepStandings: stores the day's first count of licenses by status and of activated machines", async () => {
  const now = currentTime();
  const [one, two] = [await issueLicense(), await issueLicense()];
  await tokenFor(one.key, "m");
  await keepStandings(env, now);
  await adminAct(two.id, "suspend");
  await keepStandings(env, now);
  await keepStandings(env, now + DAY);
  expect(await statistics("SELECT * FROM standing_days ORDER BY day")).toEqual([
    { day: startOfDay(now), active: 2, suspended: 0, expired: 0, revoked: 0, machines: 1 },
    { day: startOfDay(now) + DAY, active: 1, suspended: 1, expired: 0, revoked: 0, machines: 1 },
  ]);
  expect(await readStandings(env.DB, now)).toEqual({ active: 1, suspended: 1, expired: 0, revoked: 0, machines: 1 });
});

it("readStandings: is zero for an empty ledger", async () => {
  expect(await readStandings(env.DB, currentTime())).toEqual({
    active: 0,
    suspended: 0,
    expired: 0,
    revoked: 0,
    machines: 0,
  });
  await keepStandings(env, currentTime());
  expect(await countStatistics("standing_days")).toBe(1);
});

it("isStandingTime: is true in one minute of each day", () => {
  const minutes = Array.from({ length: 2880 }, (_, minute) => 1_800_000_000 + minute * 60);
  expect(minutes.filter(isStandingTime)).toHaveLength(2);
});
