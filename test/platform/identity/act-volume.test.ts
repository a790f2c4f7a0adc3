import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readMetrics } from "../../../src/domain/figures/metrics.ts";
import { newId } from "../../../src/lib/id.ts";
import { currentTime, DAY, startOfDay } from "../../../src/lib/time.ts";
import { COUNTED_ACTS, type CountedAct, DEFAULT_ACT_LIMITS } from "../../../src/platform/config/act-limits.ts";
import { readConfig } from "../../../src/platform/config/config.ts";
import { readActVolumes } from "../../../src/platform/identity/act-volume.ts";
import { ask, makeToken } from "../../support/admin-request.ts";
import { act, read, signedIn } from "../../support/console-admin.ts";
import { issueLicense } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";

/** Records `times` acts of today in the audit trail. */
async function acted(actor: string, kind: CountedAct, times: number): Promise<void> {
  const insert = env.DB.prepare(
    "INSERT INTO audit (id, at, actor, action, subject, details) VALUES (?, ?, ?, ?, 'lic_x', '{}')",
  );
  await env.DB.batch(
    Array.from({ length: times }, () => insert.bind(newId("chg"), currentTime(), actor, COUNTED_ACTS[kind])),
  );
}

const suspend = (token: string, id: string) =>
  ask("POST", `/v1/admin/licenses/${id}/suspend`, { token, body: { reason: "r" } });

const sample = async (name: string) =>
  (await readMetrics(env, currentTime())).find((metric) => metric.name === name)?.samples ?? [];

describe("the volume of admins' acts", () => {
  it("metrics count it by act and actor, and name no mail address", async () => {
    await acted("token:adm_1", "refund", 3);
    await acted("access:ada@rbee.dev", "issue", 2);
    await acted("license:lic_1", "revoke", 5);
    expect(await sample("rbee_admin_acts_today")).toEqual([
      { labels: { act: "refund", actor: "token:adm_1" }, value: 3 },
      { labels: { act: "issue", actor: expect.stringMatching(/^access:[0-9a-f]{12}$/) }, value: 2 },
    ]);
    expect(await sample("rbee_admin_acts_unusual")).toEqual([{ labels: {}, value: 0 }]);
    await acted("token:adm_1", "refund", DEFAULT_ACT_LIMITS.refund.alarm);
    expect(await sample("rbee_admin_acts_unusual")).toEqual([{ labels: {}, value: 1 }]);
  });

  it("counts no act of the day before", async () => {
    await acted("token:adm_1", "block", 4);
    expect(await readActVolumes(env.DB, startOfDay(currentTime()) + DAY)).toEqual([]);
  });

  it("is logged from the alarm on, shown on the dashboard, and the act is done", async () => {
    const { id } = await issueLicense();
    const { token, record } = await makeToken(["licenses:write"]);
    await acted(`token:${record.id}`, "suspend", DEFAULT_ACT_LIMITS.suspend.alarm - 2);
    expect((await suspend(token, id)).status).toBe(200);
    await acted(`token:${record.id}`, "suspend", 1);
    const { id: other } = await issueLicense();
    expect((await suspend(token, other)).status).toBe(200);
    expectLogged("acts.unusual");
    expect(await read(await signedIn(["stats:read"]), "/admin")).toContain(`token ${record.id}: suspend, `);
  });

  it("stops an admin who is not an owner, and says how long", async () => {
    const { id } = await issueLicense();
    const { token, record } = await makeToken(["licenses:write"]);
    await acted(`token:${record.id}`, "suspend", DEFAULT_ACT_LIMITS.suspend.stop);
    const refused = await suspend(token, id);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: "RATE_LIMITED", detail: expect.stringContaining("owner") });
    const state = env.DB.prepare("SELECT admin_state FROM licenses WHERE id = ?").bind(id);
    expect(await state.first("admin_state")).toBe("none");
    const owner = await makeToken(["owner"]);
    await acted(`token:${owner.record.id}`, "suspend", DEFAULT_ACT_LIMITS.suspend.stop);
    expect((await suspend(owner.token, id)).status).toBe(200);
    expect(expectLogged("acts.unusual").map(({ stopped }) => stopped)).toEqual([true, false]);
  });

  it.each([
    ["issue", ["licenses:issue"], "/v1/admin/licenses", { plan: "premium-trial", email: "ada@example.com" }],
    ["refund", ["money:refund"], "/v1/admin/licenses/ID/refund", { reason: "r" }],
    ["rotate-key", ["licenses:write"], "/v1/admin/licenses/ID/rotate-key", { reason: "r" }],
    ["extend", ["licenses:write"], "/v1/admin/licenses/ID/extend", { reason: "r", days: 1 }],
    ["revoke", ["licenses:write"], "/v1/admin/licenses/ID/revoke", { reason: "r" }],
    ["block", ["releases:withdraw"], "/v1/admin/releases/ID/block", { reason: "r" }],
    ["yank", ["releases:withdraw"], "/v1/admin/releases/ID/yank", { reason: "r" }],
    ["create-token", ["tokens:write"], "/v1/admin/tokens", { name: "x", scopes: ["tokens:write"] }],
    ["renew-token", ["tokens:write"], "/v1/admin/tokens/adm_06b4m2v8w5r7q1t3x9z2k4n6p8/renew", {}],
  ] as const)("the stop holds for %s", async (kind, scopes, path, body) => {
    const { id } = await issueLicense({ plan: "premium-trial" });
    const { token, record } = await makeToken([...scopes]);
    await acted(`token:${record.id}`, kind, DEFAULT_ACT_LIMITS[kind].stop);
    expect((await ask("POST", path.replace("ID", id), { token, body })).status).toBe(429);
    expectLogged("acts.unusual");
  });

  it("the stop answers a repeated request as it was answered before, so that no key is lost", async () => {
    const { token, record } = await makeToken(["licenses:issue"]);
    const issue = (key: string) =>
      ask("POST", "/v1/admin/licenses", {
        token,
        body: { plan: "premium-trial", email: "ada@example.com" },
        headers: { "Idempotency-Key": key },
      });
    const first = await (await issue("order-1")).json<{ key: string }>();
    await acted(`token:${record.id}`, "issue", DEFAULT_ACT_LIMITS.issue.stop);
    const again = await issue("order-1");
    expect([again.status, (await again.json<{ key: string }>()).key]).toEqual([201, first.key]);
    expect((await issue("order-2")).status).toBe(429);
    expectLogged("acts.unusual");
  });

  it("the stop holds in the console, which shows it in the form", async () => {
    const { id } = await issueLicense();
    const browser = await signedIn(["licenses:write"]);
    const actor = await env.DB.prepare("SELECT subject FROM sessions").first<string>("subject");
    await acted(`token:${actor}`, "suspend", DEFAULT_ACT_LIMITS.suspend.stop);
    const { response } = await act(browser, `/admin/licenses/${id}/suspend`, { reason: "r" });
    expect([response.status, (await response.text()).includes("only an owner")]).toEqual([429, true]);
    expectLogged("acts.unusual");
  });
});

describe("ACT_LIMITS", () => {
  it("changes the limits that it names, and refuses a stop before its alarm or an unknown act", () => {
    const limits = (text: string) => readConfig({ ...env, ACT_LIMITS: text }).ACT_LIMITS;
    expect(limits('{"refund": {"alarm": 30, "stop": 200}}')).toEqual({
      ...DEFAULT_ACT_LIMITS,
      refund: { alarm: 30, stop: 200 },
    });
    for (const text of ['{"refund": {"alarm": 3, "stop": 2}}', '{"dance": {"alarm": 1, "stop": 2}}', "no"]) {
      expect(() => limits(text)).toThrow("ACT_LIMITS");
    }
    expect(readConfig({ ...env, ACT_LIMITS: undefined }).ACT_LIMITS).toEqual(DEFAULT_ACT_LIMITS);
  });
});
