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
});
