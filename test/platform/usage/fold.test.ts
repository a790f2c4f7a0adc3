import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { currentTime, DAY, startOfDay } from "../../../src/lib/time.ts";
import { foldDownloads, forgetOldUsage } from "../../../src/platform/usage/fold.ts";
import { countStatistics, download, LICENSE_DOWNLOADS, record, statistics } from "../../support/usage-fixture.ts";

const NOW = 1_800_000_000;

const licensed = (link: number, more: object = {}) => download(link, { at: NOW, license_id: "lic_1", ...more });

it("retention: refusals and places are deleted after 90 days, and downloads by license after 90 to 105", async () => {
  const now = startOfDay(currentTime());
  const refusal = { area: "admin", code: "TOKEN_INVALID", worker_id: null, license_id: "lic_1", count: 1 };
  const at = (days: number) => ({ day: now - days * DAY, place: { country: "NL", network: days } });
  const refusals = [
    { ...refusal, ...at(89) },
    { ...refusal, ...at(91) },
  ];
  await record(
    { kind: "refusals", refusals },
    ...[0, 30, 89, 106].map((days) => licensed(days, { at: now - days * DAY })),
    download(500, { at: now - 500 * DAY }),
  );
  // Nothing goes before it is counted for its day.
  await forgetOldUsage(env.STATISTICS, now);
  expect(await countStatistics(LICENSE_DOWNLOADS)).toBe(4);
  for (let run = 0; run < 5; run++) await foldDownloads(env.STATISTICS, now);
  await forgetOldUsage(env.STATISTICS, now);
  for (const table of ["refusal_days", "license_refusals", "license_places"])
    expect([table, await countStatistics(table)]).toEqual([table, 1]);
  // The hour of the day decides whether the oldest table is another one already.
  const kept = await statistics(`SELECT link_id FROM ${LICENSE_DOWNLOADS} ORDER BY at DESC`);
  expect(kept.map(({ link_id }) => link_id)).toEqual(["dl_0", "dl_30", "dl_89"]);
  // That of the current hour is not folded yet.
  expect(await statistics("SELECT sum(count) AS count FROM download_days")).toEqual([{ count: 4 }]);
});

it("retention: a table of downloads is used again after 120 days, and keeps its key", async () => {
  const day = (days: number) => NOW + days * DAY;
  for (let days = 0; days < 400; days += 3) {
    await record(licensed(days, { at: day(days) }));
    await foldDownloads(env.STATISTICS, day(days + 1));
    await forgetOldUsage(env.STATISTICS, day(days));
    const [oldest] = await statistics(`SELECT min(at) AS at, count(*) AS n FROM ${LICENSE_DOWNLOADS}`);
    expect(Number(oldest?.["at"])).toBeGreaterThan(day(days) - 106 * DAY);
    if (days > 120) expect(Number(oldest?.["n"])).toBeGreaterThanOrEqual(30);
  }
  await record(licensed(1, { at: day(399) }), licensed(1, { at: day(399) }));
  expect(await countStatistics(LICENSE_DOWNLOADS, "link_id = 'dl_1'")).toBe(1);
});

it("a fold tells whether more waits: batches after a flood, and days after an outage", async () => {
  await statistics(
    `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1001)
     INSERT INTO download_batches (counts)
     SELECT '[[${startOfDay(NOW)}, "w", "1.0.0", "linux-x86_64", 2]]' FROM numbers`,
  );
  expect(await foldDownloads(env.STATISTICS, NOW)).toEqual({ hasMore: true });
  expect(await foldDownloads(env.STATISTICS, NOW)).toEqual({ hasMore: false });
  expect(await statistics("SELECT count FROM download_days")).toEqual([{ count: 2002 }]);
  await record(licensed(1), licensed(2, { at: NOW + DAY }));
  expect(await foldDownloads(env.STATISTICS, NOW + 2 * DAY)).toEqual({ hasMore: true });
  expect(await foldDownloads(env.STATISTICS, NOW + 2 * DAY)).toEqual({ hasMore: false });
});
