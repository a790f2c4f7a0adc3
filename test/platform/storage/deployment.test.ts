import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { service } from "../../../src/app.ts";
import { repositorySources } from "../../../src/domain/catalog/format.ts";
import { publishRepositories } from "../../../src/formats/git/repository.ts";
import worker from "../../../src/index.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { signedIn } from "../../support/console-admin.ts";
import { activate, count, hive, issueLicense, ownerToken, tokenFor } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { publishRelease } from "../../support/publish-release.ts";

const WORKER = "llm-worker-rbee-premium-cpu";
const OWN = { name: "", public_url: "https://catalog.test", livemode: false };

/** Marks the ledger as belonging to `deployment`, and acts as a new isolate from then on. */
async function mark(deployment: Partial<typeof OWN>): Promise<void> {
  const { name, public_url, livemode } = { ...OWN, ...deployment };
  await env.DB.prepare("INSERT INTO deployment VALUES (1, ?, ?, ?, 0)").bind(name, public_url, Number(livemode)).run();
  forgetIsolate();
}

describe("a ledger of another deployment", () => {
  let license: { id: string; key: string };
  let token: string;
  let owner: string;
  beforeEach(async () => {
    await publishRelease({ worker_id: WORKER, version: "1.0.0" });
    license = await issueLicense();
    token = await tokenFor(license.key, "hive-1");
    owner = await ownerToken();
  });

  it.each([
    ["PUBLIC_URL", { public_url: "https://catalog.rbee.dev" }],
    ["name", { name: "rbee-worker-catalog" }],
    ["mode of money", { livemode: true }],
  ])("refuses every write when the %s differs, and logs both values", async (_part, other) => {
    await mark(other);
    const before = await count("audit");
    const admin = { credential: owner, body: { reason: "leaked" } };
    const refused = [
      await activate(license.key, "hive-2"),
      await hive("POST", "/v1/licenses/token", { credential: license.key, body: { fingerprint: "hive-1" } }),
      await hive("POST", `/v1/admin/licenses/${license.id}/revoke`, admin),
      await hive("POST", "/v1/checkout", { body: { plan: "premium-monthly" } }),
      await hive("POST", "/v1/stripe/webhook", { body: {} }),
      await hive("DELETE", `/v1/admin/tokens/adm_none`, { credential: owner }),
      await hive("POST", "/account/sign-in", { headers: { Accept: "text/html" } }),
      await hive("POST", "/v1/licenses/recover", { body: { email: "ada@example.com" } }),
    ];
    for (const response of refused) {
      expect(response.status).toBe(503);
      expect(response.headers.get("Retry-After")).toBe("300");
    }
    expect(await refused[0]?.json()).toMatchObject({ code: "SERVICE_UNAVAILABLE", title: expect.any(String) });
    expect(await count("audit")).toBe(before);
    const [line] = expectLogged("deployment.mismatch");
    expect(line?.message).toContain(`"${Object.values(other)[0]}" there`);
  });

  it("takes no seat for a download with a license key, and still serves the machine that has one", async () => {
    await mark({ name: "rbee-worker-catalog" });
    const download = `/v1/workers/${WORKER}/latest/download?platform=linux-x86_64`;
    const headers = { "Rbee-Machine": "hive-2" };
    expect((await hive("GET", download, { credential: license.key, headers })).status).toBe(503);
    expectLogged("deployment.mismatch");
    expect(await count("machines")).toBe(1);
    expect((await hive("GET", download, { credential: token })).status).toBe(200);
  });

  it("gets no revision of a recipe from a reader, although the edge copy of this deployment is empty", async () => {
    await mark({ name: "rbee-worker-catalog" });
    await Promise.all((await env.EDGE.list()).keys.map(({ name }) => env.EDGE.delete(name)));
    await env.DB.exec("DELETE FROM recipe_history");
    expect((await hive("GET", "/llm-worker-rbee-cpu.git/info/refs?service=git-upload-pack")).status).toBe(503);
    expectLogged("deployment.mismatch");
    expect(await count("recipe_history")).toBe(0);
  });

  it("is read by people who are signed in, without the time of their last use", async () => {
    const browser = await signedIn(["owner"]);
    await env.DB.exec("UPDATE sessions SET last_seen_at = last_seen_at - 120");
    const seen = () => env.DB.prepare("SELECT last_seen_at FROM sessions").first("last_seen_at");
    const before = await seen();
    await mark({ name: "rbee-worker-catalog" });
    expect((await browser.get("/admin/licenses")).status).toBe(200);
    expectLogged("deployment.mismatch");
    expect(await seen()).toBe(before);
  });

  it("runs no job of the cron and hands the queue's messages back", async () => {
    await mark({ name: "rbee-worker-catalog" });
    await worker.scheduled({ cron: "* * * * *", scheduledTime: Date.now(), noRetry() {} }, env);
    expect(await count("watermarks")).toBe(0);
    const batch = createMessageBatch<unknown>("rbee-downloads", [
      { id: "1", timestamp: new Date(), attempts: 1, body: { kind: "anything" } },
    ]);
    const context = createExecutionContext();
    await worker.queue(batch, env);
    expect(await getQueueResult(batch, context)).toMatchObject({
      explicitAcks: [],
      retryBatch: { retry: true },
    });
    expect(expectLogged("deployment.mismatch")).toHaveLength(2);
  });

  it.each(["BINARIES", "BACKUPS"] as const)("runs no job while the bucket %s is another's", async (binding) => {
    await mark({});
    await env[binding].put("deployment", JSON.stringify({ ...OWN, name: "rbee-worker-catalog" }));
    await worker.scheduled({ cron: "* * * * *", scheduledTime: Date.now(), noRetry() {} }, env);
    expect(await count("watermarks")).toBe(0);
    expect(expectLogged("deployment.mismatch")[0]?.message).toMatch(
      /^The bucket of (binaries|backups) belongs to another/,
    );
    expect((await activate(license.key, "hive-2")).status).toBe(201);
  });

  it.each([
    ["fails", () => Promise.reject(new Error("R2 is down"))],
    ["hangs", () => new Promise(() => {})],
  ])("runs its jobs while a bucket %s, because revocations must be published", async (_how, answer) => {
    const BACKUPS = new Proxy(env.BACKUPS, { get: () => answer });
    await worker.scheduled({ cron: "* * * * *", scheduledTime: Date.now(), noRetry() {} }, { ...env, BACKUPS });
    expect(await count("watermarks")).toBeGreaterThan(0);
    expectLogged("deployment.unknown");
  });

  it("answers reads as always, without a look at the mark", async () => {
    await publishRepositories(env, repositorySources(service.formats), currentTime());
    await mark({ name: "rbee-worker-catalog" });
    const prepare = vi.spyOn(env.DB, "prepare");
    for (const path of ["/workers", "/v1/workers", `/v1/workers/${WORKER}/versions`, "/.well-known/jwks.json"]) {
      expect((await hive("GET", path)).status).toBe(200);
    }
    const rpc = await hive("POST", "/rpc", { headers: { "Content-Type": "application/x-www-form-urlencoded" } });
    expect(rpc.status).toBe(200);
    expect(prepare.mock.calls.filter(([sql]) => sql.includes("FROM deployment"))).toEqual([]);
  });
});

describe("a ledger of this deployment", () => {
  it("is looked at once in an isolate", async () => {
    await mark({});
    const prepare = vi.spyOn(env.DB, "prepare");
    for (let i = 0; i < 3; i++) expect((await hive("POST", "/v1/checkout", { body: {} })).status).toBe(422);
    expect(prepare.mock.calls.filter(([sql]) => sql.includes("FROM deployment"))).toHaveLength(1);
  });

  it("has one mark", async () => {
    await mark({});
    await expect(mark({ name: "second" })).rejects.toThrow("UNIQUE");
  });
});

describe("an unmarked ledger", () => {
  it("is served, as in development and before the first deployment", async () => {
    await worker.scheduled({ cron: "* * * * *", scheduledTime: currentTime() * 1000, noRetry() {} }, env);
    expect(await count("watermarks")).toBeGreaterThan(0);
  });
});
