import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import worker from "../../../src/index.ts";
import { DAY, startOfDay } from "../../../src/lib/time.ts";
import { foldDownloads } from "../../../src/platform/usage/fold.ts";
import { DOWNLOADS_SINCE } from "../../../src/platform/usage/read.ts";
import { makeToken, newAddress } from "../../support/admin-request.ts";
import { signedIn } from "../../support/console-admin.ts";
import { TestBrowser } from "../../support/cookie-browser.ts";
import { adminAct, issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { publishRelease } from "../../support/publish-release.ts";
import { countStatistics, download, LICENSE_DOWNLOADS, record, statistics } from "../../support/usage-fixture.ts";

const WORKER = "llm-worker-rbee-premium-cpu";
const NOW = 1_800_000_000;
const TODAY = startOfDay(NOW);

/** A service with a queue that delivers at once, and the queue's messages. */
function recording() {
  const messages: unknown[] = [];
  const send = async (message: unknown) => {
    messages.push(message);
    await record(JSON.parse(JSON.stringify(message)));
  };
  const bindings = { ...env, DOWNLOADS: { ...env.DOWNLOADS, send } as unknown as Queue };
  const ask = async (path: string, init: RequestInit<Partial<IncomingRequestCfProperties>> = {}) => {
    const context = createExecutionContext();
    const headers = { "CF-Connecting-IP": newAddress(), ...(init.headers as Record<string, string> | undefined) };
    const request = new Request<unknown, IncomingRequestCfProperties>(`https://catalog.test${path}`, {
      redirect: "manual",
      ...init,
      headers,
    } as RequestInit<IncomingRequestCfProperties>);
    const response = await worker.fetch(request, bindings, context);
    await waitOnExecutionContext(context);
    return response;
  };
  return { bindings, messages, ask };
}

/** The downloads of each day and version, with and without a license, folded or not. */
const byDay = async () =>
  (
    await env.STATISTICS.prepare(
      `SELECT day, version, sum(count) AS count FROM ${DOWNLOADS_SINCE} GROUP BY 1, 2 ORDER BY 1, 2`,
    )
      .bind(0)
      .all()
  ).results;

const bearer = (credential: string) => ({ headers: { Authorization: `Bearer ${credential}` } });

const licensed = (link: number, more: object = {}) => download(link, { at: NOW, license_id: "lic_1", ...more });

it("downloads with a license: a link is counted once for its day, however often the queue delivers it", async () => {
  const bodies = [
    licensed(1),
    licensed(2),
    licensed(3, { at: NOW + DAY, license_id: "lic_2" }),
    licensed(4, { version: "2.0.0" }),
  ];
  await record(...bodies, licensed(1));
  await record(...bodies);
  const days = [
    { day: TODAY, version: "1.0.0", count: 2 },
    { day: TODAY, version: "2.0.0", count: 1 },
    { day: TODAY + DAY, version: "1.0.0", count: 1 },
  ];
  expect(await byDay()).toEqual(days);
  expect(await countStatistics(LICENSE_DOWNLOADS)).toBe(4);
  await foldDownloads(env.STATISTICS, NOW + 2 * DAY);
  expect(await byDay()).toEqual(days);
  await record(...bodies);
  await foldDownloads(env.STATISTICS, NOW + 3 * DAY);
  expect(await byDay()).toEqual(days);
});

it("downloads with a license: one that comes after its hour was folded is counted once as well", async () => {
  await foldDownloads(env.STATISTICS, NOW + DAY);
  await record(licensed(1), licensed(2), licensed(2));
  await record(licensed(2));
  await foldDownloads(env.STATISTICS, NOW + 2 * DAY);
  expect(await byDay()).toEqual([{ day: TODAY, version: "1.0.0", count: 2 }]);
});

it("downloads without a license: one batch of the queue is one row, and the cron folds it into days", async () => {
  const free = (link: number, more: object = {}) => download(link, { at: NOW, ...more });
  const told = { day: TODAY, worker_id: WORKER, version: "1.0.0", platform: "linux-x86_64", count: 40 };
  await record(free(1), free(2), free(2), free(3, { version: "2.0.0" }), { kind: "downloads", downloads: [told] });
  expect(await countStatistics("download_batches")).toBe(1);
  const days = [
    { day: TODAY, version: "1.0.0", count: 42 },
    { day: TODAY, version: "2.0.0", count: 1 },
  ];
  expect(await byDay()).toEqual(days);
  await foldDownloads(env.STATISTICS, NOW);
  expect(await countStatistics("download_batches")).toBe(0);
  expect(await byDay()).toEqual(days);
});

it("downloads: the counts of days are right after any sequence of downloads, repetitions and folds", async () => {
  const event = fc.record({ link: fc.nat(12), hours: fc.nat(60), fold: fc.boolean(), license: fc.nat(2) });
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 15 }), async (events) => {
      const version = `1.0.${++round}`;
      const counted = new Map<string, number>();
      let now = NOW;
      for (const { link, hours, fold, license } of events) {
        now += hours * 60;
        // The time of a link is part of the link.
        const at = NOW - (link % 3) * 3600;
        counted.set(`${round}-${link}-${license}`, startOfDay(at));
        await record(download(`${round}-${link}-${license}`, { at, version, license_id: `lic_${license}` }));
        if (fold) await foldDownloads(env.STATISTICS, now);
      }
      const sums = Map.groupBy([...counted.values()], (day) => day);
      const days = (await byDay()).filter((row) => row["version"] === version);
      expect(days).toEqual(
        [...sums].map(([day, links]) => ({ day, version, count: links.length })).sort((a, b) => a.day - b.day),
      );
    }),
    { numRuns: 8 },
  );
});

it("refusals: equal ones are counted together, and places have no address", async () => {
  const place = { country: "NL", network: 1136 };
  const refusal = {
    day: TODAY,
    area: "download",
    code: "LICENSE_EXPIRED",
    worker_id: WORKER,
    license_id: "lic_1",
    place,
  };
  const message = {
    kind: "refusals",
    refusals: [
      { ...refusal, count: 3 },
      { ...refusal, license_id: null, count: 2 },
    ],
  };
  await record(message, message);
  expect(await statistics("SELECT * FROM refusal_days")).toEqual([
    { day: TODAY, area: "download", code: "LICENSE_EXPIRED", worker_id: WORKER, count: 10 },
  ]);
  expect(await statistics("SELECT * FROM license_refusals")).toEqual([
    { day: TODAY, license_id: "lic_1", code: "LICENSE_EXPIRED", count: 6 },
  ]);
});

it("places: are written once a day, and the only place of a license once in 60 days", async () => {
  const use = (network: number, days: number) => ({
    ...{ kind: "use", license_id: "lic_1", place: { country: "NL", network } },
    at: NOW + days * DAY,
  });
  const last = () => statistics("SELECT network, last_day FROM license_places ORDER BY network");
  await record(use(1, 0));
  await record(use(1, 2));
  expect(await last()).toEqual([{ network: 1, last_day: TODAY }]);
  await record(use(1, 61));
  expect(await last()).toEqual([{ network: 1, last_day: TODAY + 61 * DAY }]);
  await record(use(2, 62), use(1, 62));
  await record(use(1, 63));
  expect(await last()).toEqual([
    { network: 1, last_day: TODAY + 63 * DAY },
    { network: 2, last_day: TODAY + 62 * DAY },
  ]);
});

it("refusals: a flood is written in few statements and counted completely", async () => {
  const refusals = Array.from({ length: 300 }, (_, index) => ({
    ...{ day: TODAY, area: "licensing", code: "KEY_ROTATED", worker_id: null, license_id: `lic_${index % 150}` },
    ...{ place: index === 0 ? { country: "NL", network: 1136 } : null, count: 2 },
  }));
  const batch = vi.spyOn(env.STATISTICS, "batch");
  await record(...Array(100).fill({ kind: "refusals", refusals }));
  expect(batch.mock.calls.map(([statements]) => statements.length)).toEqual([3]);
  batch.mockRestore();
  expect(await statistics("SELECT * FROM refusal_days")).toEqual([
    { day: TODAY, area: "licensing", code: "KEY_ROTATED", worker_id: "", count: 60_000 },
  ]);
  expect(await statistics("SELECT count, count(*) AS licenses FROM license_refusals GROUP BY 1")).toEqual([
    { count: 400, licenses: 150 },
  ]);
  expect(await statistics("SELECT license_id FROM license_places")).toEqual([{ license_id: "lic_0" }]);
});

it("recordUsage: logs and drops an unreadable message, and records the rest", async () => {
  await record({ nonsense: true }, { kind: "use", license_id: 5 }, licensed(1));
  expect(expectLogged("usage.malformed")).toHaveLength(2);
  expect(await countStatistics(LICENSE_DOWNLOADS)).toBe(1);
});

it("places: come from a license's tokens, downloads and refusals", async () => {
  const { ask } = recording();
  await publishRelease({ worker_id: WORKER, version: "1.0.0" });
  const { id, key } = await issueLicense();
  const token = await tokenFor(key, "m");
  const from = (country: string, asn: number) => ({ cf: { country, asn } as IncomingRequestCfProperties });
  const body = JSON.stringify({ fingerprint: "m" });
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  expect((await ask("/v1/licenses/token", { method: "POST", headers, body, ...from("NL", 1136) })).status).toBe(200);
  const link = await ask(`/v1/workers/${WORKER}/1.0.0/files/worker-linux-x86_64`, bearer(token));
  const { pathname } = new URL(link.headers.get("Location") ?? "");
  await (await ask(pathname, from("DE", 3320))).arrayBuffer();
  await adminAct(id, "revoke");
  expect((await ask(`/v1/workers/${WORKER}/latest/download`, { ...bearer(token), ...from("FR", 3215) })).status).toBe(
    403,
  );
  expect(await statistics("SELECT country, network FROM license_places ORDER BY country")).toEqual([
    { country: "DE", network: 3320 },
    { country: "FR", network: 3215 },
    { country: "NL", network: 1136 },
  ]);
  expect(await statistics("SELECT area, code, worker_id, count FROM refusal_days")).toEqual([
    { area: "download", code: "LICENSE_REVOKED", worker_id: WORKER, count: 1 },
  ]);
  expect(await statistics("SELECT license_id, code, count FROM license_refusals")).toEqual([
    { license_id: id, code: "LICENSE_REVOKED", count: 1 },
  ]);
});

it("refusals: false credentials of hives, admins and customers count, requests without one do not", async () => {
  const { ask, bindings, messages } = recording();
  await ask("/v1/licenses/me");
  await ask("/v1/workers/no-such/latest/download");
  await ask("/no/such/page");
  expect(messages).toEqual([]);
  const cf = { country: "NL", asn: 1136 } as IncomingRequestCfProperties;
  await ask("/v1/licenses/me", { ...bearer("rbee_lic_false"), cf });
  // The place is recorded for genuine credentials only.
  expect(messages).toMatchObject([{ refusals: [{ code: "KEY_INVALID", place: null }] }]);
  await ask("/v1/admin/stats", bearer("rbee_adm_false"));
  await ask("/v1/admin/stats", bearer((await makeToken(["audit:read"])).token));
  const visitor = new TestBrowser({ bindings });
  expect((await visitor.post("/admin/sign-in", { form: { token: "rbee_adm_false" } })).status).toBe(403);
  await visitor.post("/account/sign-in", { form: { key: "rbee_lic_false" } });
  await (await signedIn(["audit:read"], bindings)).get("/admin/licenses");
  expect(await statistics("SELECT area, code, count FROM refusal_days ORDER BY area, code")).toEqual([
    { area: "account", code: "KEY_INVALID", count: 1 },
    { area: "admin", code: "INSUFFICIENT_SCOPE", count: 2 },
    { area: "admin", code: "TOKEN_INVALID", count: 2 },
    { area: "licensing", code: "KEY_INVALID", count: 1 },
  ]);
});

it("messages: contain no credential, address or link", async () => {
  const { ask, messages } = recording();
  const { key } = await issueLicense();
  await tokenFor(key, "m");
  const cf = { country: "NL", asn: 1136 } as IncomingRequestCfProperties;
  await ask("/v1/licenses/me", {
    headers: { Authorization: `Bearer ${key}x`, "CF-Connecting-IP": "198.51.100.7" },
    cf,
  });
  await ask(`/dl/${"c0ffee".repeat(10)}`, { headers: { "CF-Connecting-IP": "198.51.100.7" }, cf });
  const told = JSON.stringify(messages);
  expect(messages).toHaveLength(2);
  for (const secret of [key, "198.51.100", "c0ffee"]) expect(told).not.toContain(secret);
});
