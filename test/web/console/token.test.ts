import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { currentTime } from "../../../src/lib/time.ts";
import { ask, makeToken } from "../../support/admin-request.ts";
import { act, read, send, signedIn } from "../../support/console-admin.ts";
import { TestBrowser } from "../../support/cookie-browser.ts";
import { count } from "../../support/license-fixture.ts";

describe("admin tokens in the console", () => {
  it("a token is created with the chosen scopes and shown once", async () => {
    const browser = await signedIn();
    const form = { name: "support", "licenses:write": "yes", "audit:read": "yes", until: "" };
    const { preview, response } = await act(browser, "/admin/tokens/new", form);
    expect(preview).toContain("(licenses:write)");
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const token = /rbee_adm_[\w-]{43}/.exec(await response.text())?.[0] ?? "";
    expect((await ask("GET", "/v1/admin/audit", { token })).status).toBe(200);
    expect((await ask("GET", "/v1/admin/tokens", { token })).status).toBe(403);
    const list = await read(browser, "/admin/tokens");
    expect(list).toContain("support");
    expect(list).not.toContain("rbee_adm_");
  });

  it("a token cannot have more scopes than its creator", async () => {
    const support = await signedIn(["tokens:write", "licenses:read"]);
    expect(await read(support, "/admin/tokens/new")).not.toContain('name="owner"');
    const tooMuch = await send(support, "/admin/tokens/new", { name: "x", owner: "yes", until: "" });
    expect(tooMuch.status).toBe(403);
    const { token } = await makeToken(["owner"], currentTime() + 86_400);
    const brief = new TestBrowser();
    await brief.post("/admin/sign-in", { form: { token } });
    expect((await send(brief, "/admin/tokens/new", { name: "x", "audit:read": "yes", until: "" })).status).toBe(403);
    expect(await count("audit", "action = 'token.create' AND actor <> 'system'")).toBe(0);
  });

  it.each([
    ["a name", { name: " ", "audit:read": "yes", until: "" }, "Please enter a name."],
    ["a scope", { name: "x", until: "" }, "Please choose at least one scope."],
    [
      "an end in the future",
      { name: "x", "audit:read": "yes", until: "2020-01-01" },
      "Please enter a day in the future.",
    ],
  ])("a token without %s is refused", async (_, form, says) => {
    const response = await send(await signedIn(), "/admin/tokens/new", form);
    expect(response.status).toBe(422);
    expect(await response.text()).toContain(says);
  });

  it("a token is revoked with a reason, and its sessions end", async () => {
    const { token, record } = await makeToken(["licenses:read"]);
    const theirs = new TestBrowser();
    await theirs.post("/admin/sign-in", { form: { token } });
    const owner = await signedIn();
    const { preview, response } = await act(owner, `/admin/tokens/${record.id}/revoke`, { reason: "has left" });
    expect(preview).toContain("refuse it at once");
    expect(response.headers.get("Location")).toBe("/admin/tokens?done=revoke");
    expect((await theirs.get("/admin/licenses")).status).toBe(303);
    expect(await count("audit", `action = 'token.revoke' AND subject = '${record.id}' AND reason = 'has left'`)).toBe(
      1,
    );
  });

  it("the last owner token stays, and only an owner may revoke an owner token", async () => {
    const { record } = await makeToken(["owner"]);
    const clerk = await signedIn(["tokens:write"]);
    expect((await clerk.get(`/admin/tokens/${record.id}/revoke`)).status).toBe(403);
    expect(await read(clerk, "/admin/tokens")).not.toContain(`/admin/tokens/${record.id}/revoke`);
    const owner = await signedIn();
    await env.DB.prepare("UPDATE admin_tokens SET revoked_at = 1 WHERE id = ?").bind(record.id).run();
    const own = await env.DB.prepare(
      "SELECT id FROM admin_tokens WHERE scopes = '[\"owner\"]' AND revoked_at IS NULL",
    ).first<string>("id");
    const { response } = await act(owner, `/admin/tokens/${own}/revoke`, { reason: "done" });
    expect(response.status).toBe(409);
    expect(await response.text()).toContain("last valid owner token");
  });

  it("a token of before the scopes were divided is marked, and renewing it narrows it", async () => {
    const { token, record } = await makeToken(["licenses:write", "audit:read"]);
    await env.DB.prepare("UPDATE admin_tokens SET scopes_version = 1 WHERE id = ?").bind(record.id).run();
    const browser = await signedIn();
    expect(await read(browser, "/admin/tokens")).toContain("Made before the scopes were divided: renew it");
    const path = `/admin/tokens/${record.id}/renew`;
    const form = await read(browser, path);
    const isChecked = (scope: string) => new RegExp(`name="${scope}"[^>]*checked`).test(form);
    expect(["licenses:write", "audit:read", "licenses:issue", "money:refund"].map(isChecked)).toEqual([
      ...[true, true, false, false],
    ]);
    const kept = { "licenses:write": "yes", "audit:read": "yes", until: "", reason: "divided" };
    const { preview, response } = await act(browser, path, kept);
    expect(preview).toContain("It may no longer: licenses:issue, money:refund.");
    const secret = /rbee_adm_[\w-]{43}/.exec(await response.text())?.[0] ?? "";
    expect((await ask("GET", "/v1/admin/audit", { token: secret })).status).toBe(200);
    expect((await ask("GET", "/v1/admin/audit", { token })).status).toBe(401);
    expect(await read(browser, "/admin/tokens")).not.toContain("Made before the scopes were divided");
  });

  it("a revocation says how many tokens end with it, and an owner may keep them", async () => {
    const { token, record } = await makeToken(["tokens:write", "audit:read"]);
    const create = () => ask("POST", "/v1/admin/tokens", { token, body: { name: "child", scopes: ["audit:read"] } });
    const made = await (await create()).json<{ token: string; admin_token: { id: string } }>();
    await create();
    const owner = await signedIn();
    expect(await read(owner, "/admin/tokens")).toContain(`/admin/tokens/${made.admin_token.id}/keep`);
    const kept = await act(owner, `/admin/tokens/${made.admin_token.id}/keep`, { reason: "outlives its maker" });
    expect(kept.preview).toContain(record.id);
    const { preview } = await act(owner, `/admin/tokens/${record.id}/revoke`, { reason: "has left" });
    expect(preview).toContain("1 token made by it ends with it");
    expect(await read(owner, "/admin/tokens")).toContain("the token that made it was revoked");
    expect((await ask("GET", "/v1/admin/audit", { token: made.token })).status).toBe(200);
  });

  it("a token for some workers names workers of the catalog", async () => {
    const browser = await signedIn();
    const form = { name: "ci", "releases:write": "yes", until: "" };
    const wrong = await send(browser, "/admin/tokens/new", { ...form, workers: "premium-cpu" });
    expect(wrong.status).toBe(422);
    const workers = "llm-worker-rbee-premium-cpu, llm-worker-rbee-premium-cuda";
    const { preview } = await act(browser, "/admin/tokens/new", { ...form, workers });
    expect(preview).toContain("the releases of llm-worker-rbee-premium-cpu, llm-worker-rbee-premium-cuda alone");
    const row = await env.DB.prepare("SELECT workers FROM admin_tokens WHERE name = 'ci'").first<string>("workers");
    expect(JSON.parse(row ?? "")).toHaveLength(2);
  });
});
