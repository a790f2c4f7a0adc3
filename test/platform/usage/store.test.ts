import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import worker from "../../../src/index.ts";
import { currentTime, DAY, startOfDay } from "../../../src/lib/time.ts";
import { forgetOldRows } from "../../../src/platform/storage/retention.ts";
import { recordUsage } from "../../../src/platform/usage/store.ts";
import { makeToken, newAddress } from "../../support/admin-request.ts";
import { signedIn } from "../../support/console-admin.ts";
import { TestBrowser } from "../../support/cookie-browser.ts";
import { adminAct, count, issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { publishRelease } from "../../support/publish-release.ts";

const WORKER = "llm-worker-rbee-premium-cpu";
const NOW = 1_800_000_000;
const TODAY = startOfDay(NOW);

/** A service with a queue that delivers at once, and the queue's messages. */
function recording() {
  const messages: unknown[] = [];
  const send = async (message: unknown) => {
    messages.push(message);
    await recordUsage(env.DB, [JSON.parse(JSON.stringify(message))]);
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

const rows = async (sql: string) => (await env.DB.prepare(sql).all()).results;

const bearer = (credential: string) => ({ headers: { Authorization: `Bearer ${credential}` } });

const download = (link: number, more: object = {}) => ({
  link_id: `dl_${link}`,
  worker_id: WORKER,
  version: "1.0.0",
  platform: "linux-x86_64",
  license_id: null,
  machine: null,
  at: NOW,
  ...more,
});

it("downloads: are counted by day exactly, even if the queue delivers twice", async () => {
  const bodies = [download(1), download(2), download(3, { at: NOW + DAY }), download(4, { version: "2.0.0" })];
  await recordUsage(env.DB, [...bodies, download(1)]);
  await recordUsage(env.DB, bodies);
  expect(await rows("SELECT day, version, count FROM download_days ORDER BY day, version")).toEqual([
    { day: TODAY, version: "1.0.0", count: 2 },
    { day: TODAY, version: "2.0.0", count: 1 },
    { day: TODAY + DAY, version: "1.0.0", count: 1 },
  ]);
  expect(await count("downloads")).toBe(4);
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
  await recordUsage(env.DB, [message, message]);
  expect(await rows("SELECT * FROM refusal_days")).toEqual([
    { day: TODAY, area: "download", code: "LICENSE_EXPIRED", worker_id: WORKER, count: 10 },
  ]);
  expect(await rows("SELECT * FROM license_refusals")).toEqual([
    { day: TODAY, license_id: "lic_1", code: "LICENSE_EXPIRED", count: 6 },
  ]);
  await recordUsage(env.DB, [{ kind: "use", license_id: "lic_1", place, at: NOW + 2 * DAY }]);
  expect(await rows("SELECT * FROM license_places")).toEqual([
    { license_id: "lic_1", country: "NL", network: 1136, first_day: TODAY, last_day: TODAY + 2 * DAY },
  ]);
});

it("refusals: a flood is written in few statements and counted completely", async () => {
  const refusals = Array.from({ length: 300 }, (_, index) => ({
    ...{ day: TODAY, area: "licensing", code: "KEY_ROTATED", worker_id: null, license_id: `lic_${index % 150}` },
    ...{ place: index === 0 ? { country: "NL", network: 1136 } : null, count: 2 },
  }));
  const batch = vi.spyOn(env.DB, "batch");
  await recordUsage(env.DB, Array(100).fill({ kind: "refusals", refusals }));
  expect(batch.mock.calls.map(([statements]) => statements.length)).toEqual([300]);
  batch.mockRestore();
  expect(await rows("SELECT * FROM refusal_days")).toEqual([
    { day: TODAY, area: "licensing", code: "KEY_ROTATED", worker_id: "", count: 60_000 },
  ]);
  expect(await rows("SELECT count, count(*) AS licenses FROM license_refusals GROUP BY 1")).toEqual([
    { count: 400, licenses: 150 },
  ]);
  expect(await rows("SELECT license_id FROM license_places")).toEqual([{ license_id: "lic_0" }]);
});

it("recordUsage: logs and drops an unreadable message, and records the rest", async () => {
  await recordUsage(env.DB, [{ nonsense: true }, { kind: "use", license_id: 5 }, download(1)]);
  expect(expectLogged("usage.malformed")).toHaveLength(2);
  expect(await count("downloads")).toBe(1);
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
  expect(await rows("SELECT country, network FROM license_places ORDER BY country")).toEqual([
    { country: "DE", network: 3320 },
    { country: "FR", network: 3215 },
    { country: "NL", network: 1136 },
  ]);
  expect(await rows("SELECT area, code, worker_id, count FROM refusal_days")).toEqual([
    { area: "download", code: "LICENSE_REVOKED", worker_id: WORKER, count: 1 },
  ]);
  expect(await rows("SELECT license_id, code, count FROM license_refusals")).toEqual([
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
  expect(await rows("SELECT area, code, count FROM refusal_days ORDER BY area, code")).toEqual([
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

it("retention: usage is deleted after 90 days, except the download counts", async () => {
  const now = startOfDay(currentTime());
  const refusal = { area: "admin", code: "TOKEN_INVALID", worker_id: null, license_id: "lic_1", count: 1 };
  const at = (days: number) => ({ day: now - days * DAY, place: { country: "NL", network: days } });
  await recordUsage(env.DB, [
    {
      kind: "refusals",
      refusals: [
        { ...refusal, ...at(89) },
        { ...refusal, ...at(91) },
      ],
    },
    download(1, { at: now - 500 * DAY }),
  ]);
  await forgetOldRows(env.DB, now);
  for (const table of ["refusal_days", "license_refusals", "license_places"])
    expect([table, await count(table)]).toEqual([table, 1]);
  expect(await count("download_days")).toBe(1);
});
