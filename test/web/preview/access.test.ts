import { afterEach, describe, expect, it, vi } from "vitest";
import type { Scope } from "../../../src/platform/config/scopes.ts";
import { ask, makeToken } from "../../support/admin-request.ts";
import { count } from "../../support/license-fixture.ts";
import { addPublisher } from "../../support/publishing.ts";
import { addHook } from "../../support/webhook-fixture.ts";

type Preview = { status: number; code?: string; about?: string; consequences?: string[] };

async function preview(path: string, scopes: Scope[] = ["owner"]): Promise<Preview> {
  const { token } = await makeToken(scopes);
  const response = await ask("GET", path, { token });
  return { status: response.status, ...(await response.json<object>()) };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the preview of an act that takes access away", () => {
  it("of a token names what refuses it, the tokens that end with it, and changes nothing", async () => {
    const { token, record } = await makeToken(["tokens:write", "audit:read"]);
    await ask("POST", "/v1/admin/tokens", { token, body: { name: "child", scopes: ["audit:read"] } });
    const at = `/v1/admin/tokens/${record.id}/preview?act=revoke`;
    const { about, consequences } = await preview(at);
    expect(about).toBe("test · audit:read, tokens:write");
    expect(consequences).toContain("1 token made by it ends with it, unless an owner keeps them.");
    expect((await preview(`${at}&keep_children=true`)).consequences).toContain(
      "The tokens that it made keep working without it.",
    );
    expect(await count("admin_tokens", "revoked_at IS NOT NULL")).toBe(0);
  });

  it("of a token is refused like the act: with fewer scopes than the token has, and to keep its children", async () => {
    const { record } = await makeToken(["licenses:write"]);
    const at = `/v1/admin/tokens/${record.id}/preview?act=revoke`;
    expect(await preview(at, ["tokens:write"])).toMatchObject({ code: "INSUFFICIENT_SCOPE" });
    expect(await preview(at, ["licenses:write"])).toMatchObject({ code: "INSUFFICIENT_SCOPE" });
    expect(await preview(`${at}&keep_children=true`, ["tokens:write", "licenses:write"])).toMatchObject({
      code: "INSUFFICIENT_SCOPE",
    });
    expect(await preview(at.replace("act=revoke", "act=cook"))).toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("of a publisher names its tokens, and is for owners", async () => {
    const id = await addPublisher();
    const at = `/v1/admin/publishers/${id}/preview?act=remove`;
    expect((await preview(at)).consequences?.join(" ")).toContain("0 tokens in force");
    expect(await preview(at, ["tokens:write"])).toMatchObject({ code: "INSUFFICIENT_SCOPE" });
    expect(await preview(at.replace(id, "pub_00000000000000000000000000"))).toMatchObject({ status: 404 });
    expect(await count("publishers", "removed_at IS NOT NULL")).toBe(0);
  });

  it("of a webhook endpoint names the events that are given up, and says that a removed one stays removed", async () => {
    const { id } = await addHook();
    const at = `/v1/admin/webhooks/${id}/preview?act=remove`;
    expect((await preview(at, ["webhooks:write"])).consequences?.[0]).toContain("that wait are given up.");
    expect(await preview(at, ["audit:read"])).toMatchObject({ code: "INSUFFICIENT_SCOPE" });
    const { token } = await makeToken(["webhooks:write"]);
    await ask("DELETE", `/v1/admin/webhooks/${id}`, { token, body: { reason: "r" } });
    expect((await preview(at)).consequences).toEqual(["Nothing changes: the endpoint is removed already."]);
  });
});
