import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { checkActs, checkScopes } from "../../../src/domain/doctor/check/key.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { readConfig } from "../../../src/platform/config/config.ts";
import { currentScopes, needsRenewal, SCOPES_VERSION } from "../../../src/platform/config/scopes.ts";
import { countUndivided } from "../../../src/platform/identity/admin-token.ts";
import { makeToken } from "../../support/admin-request.ts";

describe("ACCESS_SCOPES", () => {
  it("keeps its old meaning until ACCESS_SCOPES_VERSION says that it was reviewed", () => {
    const version = (given?: string) => readConfig({ ...env, ACCESS_SCOPES_VERSION: given }).ACCESS_SCOPES_VERSION;
    expect([version(), version("1"), version("2")]).toEqual([1, 1, SCOPES_VERSION]);
    expect(currentScopes(["licenses:write"], version())).toEqual(["licenses:write", "licenses:issue", "money:refund"]);
    expect(currentScopes(["licenses:write"], version("2"))).toEqual(["licenses:write"]);
    expect(() => version("3")).toThrow("ACCESS_SCOPES_VERSION");
  });

  it("needs a review only for a scope that was divided, and never for an owner", () => {
    expect(needsRenewal(["licenses:write"], 1)).toBe(true);
    expect(needsRenewal(["releases:write", "audit:read"], 1)).toBe(true);
    expect(needsRenewal(["releases:write"], SCOPES_VERSION)).toBe(false);
    expect(needsRenewal(["owner", "releases:write"], 1)).toBe(false);
    expect(needsRenewal(["licenses:read", "tokens:write"], 1)).toBe(false);
  });
});

describe("the doctor", () => {
  it("warns of tokens in force and names that keep the old meaning", async () => {
    const tokens = await Promise.all([makeToken(["licenses:write"]), makeToken(["owner"]), makeToken(["audit:read"])]);
    const ids = tokens.map(({ record }) => record.id);
    await env.DB.prepare("UPDATE admin_tokens SET scopes_version = 1").run();
    expect(await countUndivided(env.DB, currentTime())).toBe(1);
    await env.DB.prepare("UPDATE admin_tokens SET revoked_at = 1 WHERE id = ?")
      .bind(ids[0] ?? "")
      .run();
    expect(await countUndivided(env.DB, currentTime())).toBe(0);
    expect(checkScopes(0, [])).toMatchObject([{ check: "scopes", status: "ok" }]);
    expect(checkScopes(2, ["ada@rbee.dev"]).map(({ status, subject }) => [status, subject])).toEqual([
      ["warning", "tokens"],
      ["warning", "ACCESS_SCOPES"],
    ]);
  });

  it("warns of an act that was done unusually often", () => {
    expect(checkActs([])).toMatchObject([{ check: "admin-acts", status: "ok" }]);
    const unusual = { act: "refund", actor: "token:adm_1", count: 12 };
    expect(checkActs([unusual])).toMatchObject([{ status: "warning", detail: expect.stringContaining("12 times") }]);
  });
});
