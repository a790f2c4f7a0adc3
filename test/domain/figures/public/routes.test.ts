import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readCounts } from "../../../../src/domain/figures/public/counts.ts";
import { forgetIsolate } from "../../../../src/lib/isolate.ts";
import { currentTime, DAY, HOUR, startOfDay } from "../../../../src/lib/time.ts";
import { foldDownloads } from "../../../../src/platform/usage/fold.ts";
import { askApp } from "../../../support/ask-app.ts";
import { type Calls, countedEnv } from "../../../support/counted-env.ts";
import { expectLogged } from "../../../support/logged.ts";
import { publishRelease, randomBytes } from "../../../support/publish-release.ts";
import { brokenStatistics, download, record, statistics } from "../../../support/usage-fixture.ts";

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";

const get = (path: string, init?: RequestInit) => exports.default.fetch(`https://catalog.test${path}`, init);

const free = (link: string, more = {}) => download(link, { worker_id: FREE, ...more });

const publish = (worker_id: string, version = "1.0.0") =>
  publishRelease({ worker_id, version, bytes: randomBytes(100) });

describe("GET /v1/workers/{id}/stats", () => {
  it("counts the downloads of a free worker at once, and after they were folded", async () => {
    await publish(FREE);
    await publish(FREE, "1.1.0");
    await record(
      free("a"),
      free("b", { version: "1.1.0", platform: "macos-aarch64", at: currentTime() - 3 * DAY }),
      free("c", { at: currentTime() - 29 * DAY }),
    );
    const counts = {
      total: 3,
      last_30_days: 3,
      rounded_to: 1,
      by_version: [
        { version: "1.1.0", total: 1, last_30_days: 1 },
        { version: "1.0.0", total: 2, last_30_days: 2 },
      ],
      by_platform: [
        { platform: "linux-x86_64", total: 2, last_30_days: 2 },
        { platform: "macos-aarch64", total: 1, last_30_days: 1 },
      ],
    };
    const response = await get(`/v1/workers/${FREE}/stats`);
    expect(await response.json()).toEqual({
      worker_id: FREE,
      tier: "free",
      downloads: counts,
      releases: { count: 2 },
      last_release: { version: "1.1.0", channel: "stable", published_at: expect.stringMatching(/Z$/) },
      counted_at: expect.stringMatching(/Z$/),
    });
    await foldDownloads(env.STATISTICS, currentTime() + HOUR);
    forgetIsolate();
    await caches.default.delete("https://catalog.test/v1/stats/counts");
    const folded = await (await get(`/v1/workers/cpu/stats`)).json<{ downloads: object }>();
    expect(folded.downloads).toEqual(counts);
  });

  it("does not show small numbers of a premium worker", async () => {
    await publish(PREMIUM);
    await record(
      download(1, { license_id: "lic_1", at: currentTime() - 2 * DAY }),
      download(2, { license_id: "lic_1" }),
    );
    const { downloads } = await (await get(`/v1/workers/${PREMIUM}/stats`)).json<{ downloads: object }>();
    expect(downloads).toEqual({
      total: 0,
      last_30_days: 0,
      rounded_to: 100,
      by_version: [{ version: "1.0.0", total: 0, last_30_days: 0 }],
      by_platform: [{ platform: "linux-x86_64", total: 0, last_30_days: 0 }],
    });
  });

  it("adds up the workers of a family", async () => {
    await publish(FREE);
    await publish("llm-worker-rbee-cuda");
    await record(free("a"), free("b", { worker_id: "llm-worker-rbee-cuda" }), free("c", { worker_id: PREMIUM }));
    expect(await (await get("/v1/workers/llm-worker-rbee/stats")).json()).toMatchObject({
      worker_id: "llm-worker-rbee",
      tier: "free",
      downloads: { total: 2, rounded_to: 1, by_version: [{ version: "1.0.0", total: 2, last_30_days: 2 }] },
      releases: { count: 1 },
    });
  });

  it("answers a worker without a release, and refuses an unknown one", async () => {
    const response = await get("/v1/workers/metal/stats");
    expect(await response.json()).toMatchObject({
      worker_id: "llm-worker-rbee-metal",
      downloads: { total: 0, by_version: [] },
      releases: { count: 0 },
      last_release: null,
    });
    expect((await get("/v1/workers/none/stats")).status).toBe(404);
  });

  it("answers 304, HEAD and the pages of our origins", async () => {
    const path = "/v1/stats/overview";
    const response = await get(path, { headers: { Origin: "https://marketplace.rbee.dev" } });
    expect(response.headers.get("Access-Control-Allow-Origin")).toBe("https://marketplace.rbee.dev");
    expect(response.headers.get("Cache-Control")).toBe("public, max-age=60");
    await response.text();
    const headers = { "If-None-Match": response.headers.get("ETag") ?? "" };
    expect((await get(path, { headers })).status).toBe(304);
    const head = await get(path, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});

describe("GET /v1/stats/overview", () => {
  it("counts every worker, and adds only numbers that are public", async () => {
    await publish(FREE);
    await publish(PREMIUM, "2.0.0");
    await record(free("a"), download(1, { license_id: "lic_1", at: currentTime() - 2 * DAY }));
    const overview = await (await get("/v1/stats/overview")).json<{ downloads: { by_worker: unknown[] } }>();
    expect(overview).toMatchObject({
      workers: { released: 2 },
      downloads: { total: 1, last_30_days: 1, by_platform: [{ platform: "linux-x86_64", total: 1, last_30_days: 1 }] },
      releases: { count: 2 },
      last_release: { version: expect.stringMatching(/^[12]\.0\.0$/) },
    });
    expect(overview.downloads.by_worker).toContainEqual({ worker_id: FREE, total: 1, last_30_days: 1 });
    expect(overview.downloads.by_worker).toContainEqual({ worker_id: PREMIUM, total: 0, last_30_days: 0 });
  });

  it("reads the statistics once for many requests", async () => {
    const calls: Calls = { count: 0 };
    const bindings = { ...env, STATISTICS: countedEnv(calls).STATISTICS };
    await (await askApp("/v1/stats/overview", {}, bindings)).text();
    expect(calls.count).toBe(1);
    for (let request = 0; request < 20; request++) await (await askApp("/v1/stats/overview", {}, bindings)).text();
    // Another isolate finds the counts in the cache of the data center.
    forgetIsolate();
    await readCounts(bindings, currentTime());
    expect(calls.count).toBe(1);
  });

  it("answers older counts while the statistics are down, and 503 with Retry-After without any", async () => {
    const bindings = { ...env, STATISTICS: brokenStatistics };
    const refused = await askApp("/v1/stats/overview", {}, bindings);
    expect([refused.status, refused.headers.get("Retry-After")]).toEqual([503, "30"]);
    expect(await refused.json()).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expectLogged("statistics.unavailable");
    forgetIsolate();
    const now = currentTime();
    await record(free("a"));
    const counts = await readCounts(env, now);
    expect(counts?.files).toHaveLength(1);
    expect(await readCounts({ ...env, STATISTICS: brokenStatistics }, now + 2 * HOUR)).toEqual(counts);
    expectLogged("statistics.unavailable");
  });
});

it("download_totals: the triggers keep the sums of download_days", async () => {
  const today = startOfDay(currentTime());
  await record(free("a", { at: today - DAY }), free("b", { at: today - 400 * DAY }));
  await foldDownloads(env.STATISTICS, today);
  await record(free("c", { at: today - DAY }), download(1, { license_id: "lic_1", at: today - 3 * DAY }));
  await foldDownloads(env.STATISTICS, today);
  // A message that comes after its hour was folded is counted for its day at once.
  await record(download(2, { license_id: "lic_1", at: today - 3 * DAY }));
  const files = "SELECT worker_id, version, platform,";
  const sums = await statistics(`${files} sum(count) AS count FROM download_days GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`);
  expect(await statistics(`${files} count FROM download_totals ORDER BY 1, 2, 3`)).toEqual(sums);
  expect(sums.map(({ count }) => count)).toEqual([3, 2]);
});
