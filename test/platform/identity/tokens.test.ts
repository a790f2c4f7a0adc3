import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { currentTime, toRfc3339 } from "../../../src/lib/time.ts";
import { readAdminToken } from "../../../src/platform/identity/admin-token.ts";
import { ask, codeOf, makeToken } from "../../support/admin-request.ts";

type Created = { token: string; admin_token: { id: string; scopes: string[]; expires_at: string | null } };
type Listed = { admin_tokens: { id: string; revoked_at: string | null }[]; next_cursor: string | null };

const create = async (token: string, body: object) => ask("POST", "/v1/admin/tokens", { token, body });

describe("creating an admin token", () => {
  it("shows it once, and it works with its scopes", async () => {
    const owner = await makeToken(["owner"]);
    const expires_at = toRfc3339(currentTime() + 3600);
    const response = await create(owner.token, { name: "auditor", scopes: ["audit:read", "audit:read"], expires_at });
    expect(response.status).toBe(201);
    const { token, admin_token } = await response.json<Created>();
    expect(token).toMatch(/^rbee_adm_[\w-]{43}$/);
    expect(admin_token).toMatchObject({ name: "auditor", scopes: ["audit:read"], expires_at });
    expect((await ask("GET", "/v1/admin/audit", { token })).status).toBe(200);
    expect((await ask("GET", "/v1/admin/tokens", { token })).status).toBe(403);
  });

  it("leaves no usable token in the ledger or in the lists", async () => {
    const owner = await makeToken(["owner"]);
    const { token } = await (await create(owner.token, { name: "x", scopes: ["owner"] })).json<Created>();
    const rows = await env.DB.prepare("SELECT * FROM admin_tokens").all();
    const audit = await (await ask("GET", "/v1/admin/audit", { token })).text();
    const list = await (await ask("GET", "/v1/admin/tokens", { token })).text();
    for (const text of [JSON.stringify(rows.results), audit, list]) {
      expect(text).not.toContain(token.slice("rbee_adm_".length));
    }
    expect(list).not.toContain("token_hash");
  });

  it("refuses a scope that its creator lacks", async () => {
    const maker = await makeToken(["tokens:write", "licenses:write"]);
    expect((await create(maker.token, { name: "x", scopes: ["licenses:read"] })).status).toBe(201);
    for (const scopes of [["owner"], ["releases:read"], ["licenses:read", "audit:read"]]) {
      expect(await codeOf(await create(maker.token, { name: "x", scopes }))).toBe("INSUFFICIENT_SCOPE");
    }
  });

  it.each([
    ["no scope", { name: "x", scopes: [] }],
    ["an unknown scope", { name: "x", scopes: ["root"] }],
    ["no name", { name: "  ", scopes: ["audit:read"] }],
    ["an end in the past", { name: "x", scopes: ["audit:read"], expires_at: "2020-01-01T00:00:00Z" }],
    ["an end that is no time", { name: "x", scopes: ["audit:read"], expires_at: "tomorrow" }],
    ["a member that nobody knows", { name: "x", scopes: ["audit:read"], admin: true }],
  ])("refuses %s", async (_name, body) => {
    const owner = await makeToken(["owner"]);
    const response = await create(owner.token, body);
    expect([response.status, await codeOf(response)]).toEqual([422, "VALIDATION_FAILED"]);
  });

  it("refuses a body that is not JSON, or too large", async () => {
    const { token } = await makeToken(["owner"]);
    const send = (body: string) => ask("POST", "/v1/admin/tokens", { token, body });
    expect(await codeOf(await send("{"))).toBe("MALFORMED_REQUEST");
    expect(await codeOf(await send(JSON.stringify({ name: "x".repeat(70_000) })))).toBe("PAYLOAD_TOO_LARGE");
  });
});

describe("revoking an admin token", () => {
  it.each([
    ["by path", (id: string) => `/v1/admin/tokens/${id}`],
    ["by query", (id: string) => `/v1/admin/tokens?id=${id}`],
  ])("takes effect at once and is idempotent, %s", async (_name, pathOf) => {
    const owner = await makeToken(["owner"]);
    const other = await makeToken(["audit:read"]);
    for (const _time of [1, 2]) {
      expect((await ask("DELETE", pathOf(other.record.id), { token: owner.token })).status).toBe(204);
      expect(await codeOf(await ask("GET", "/v1/admin/audit", { token: other.token }))).toBe("TOKEN_INVALID");
    }
    const entries = await env.DB.prepare("SELECT actor FROM audit WHERE action = 'token.revoke'").all();
    expect(entries.results).toEqual([{ actor: `token:${owner.record.id}` }]);
  });

  it("refuses to revoke the last valid owner token", async () => {
    await makeToken(["owner"], currentTime() - 1);
    const owner = await makeToken(["owner"]);
    const response = await ask("DELETE", `/v1/admin/tokens/${owner.record.id}`, { token: owner.token });
    expect([response.status, await codeOf(response)]).toEqual([409, "CONFLICT"]);
    expect((await readAdminToken(env.DB, owner.record.id, currentTime()))?.revoked_at).toBeNull();
    await makeToken(["owner"]);
    expect((await ask("DELETE", `/v1/admin/tokens/${owner.record.id}`, { token: owner.token })).status).toBe(204);
  });

  it("leaves one owner if all owners revoke each other concurrently", async () => {
    const owners = await Promise.all(Array.from({ length: 6 }, () => makeToken(["owner"])));
    await Promise.all(
      owners.map(({ token }, index) => {
        const next = owners[(index + 1) % owners.length];
        return ask("DELETE", `/v1/admin/tokens/${next?.record.id}`, { token });
      }),
    );
    const left = await env.DB.prepare("SELECT count(*) AS count FROM admin_tokens WHERE revoked_at IS NULL").first();
    expect(left?.["count"]).toBeGreaterThanOrEqual(1);
  });

  it("revokes an expired owner token even if it is the only one", async () => {
    const expired = await makeToken(["owner"], currentTime() - 1);
    const owner = await makeToken(["owner"]);
    expect((await ask("DELETE", `/v1/admin/tokens/${expired.record.id}`, { token: owner.token })).status).toBe(204);
  });

  it("is refused to a token with fewer scopes", async () => {
    const owner = await makeToken(["owner"]);
    await makeToken(["owner"]);
    const lesser = await makeToken(["tokens:write"]);
    const response = await ask("DELETE", `/v1/admin/tokens/${owner.record.id}`, { token: lesser.token });
    expect(await codeOf(response)).toBe("INSUFFICIENT_SCOPE");
  });

  it("answers 404 for an unknown token and 422 for an invalid id", async () => {
    const { token } = await makeToken(["owner"]);
    expect((await ask("DELETE", `/v1/admin/tokens/adm_${"0".repeat(26)}`, { token })).status).toBe(404);
    for (const path of ["/v1/admin/tokens/adm_1", "/v1/admin/tokens", "/v1/admin/tokens/%00"]) {
      expect(await codeOf(await ask("DELETE", path, { token }))).toBe("VALIDATION_FAILED");
    }
  });
});

describe("listing admin tokens", () => {
  it("pages from the newest to the oldest, including revoked tokens", async () => {
    const made = [];
    for (let i = 0; i < 5; i++) made.push(await makeToken(["owner"]));
    const token = made[0]?.token ?? "";
    await ask("DELETE", `/v1/admin/tokens/${made[4]?.record.id}`, { token });
    const seen: string[] = [];
    let cursor = "";
    for (let pages = 0; pages < 9; pages++) {
      const body = await (await ask("GET", `/v1/admin/tokens?limit=2${cursor}`, { token })).json<Listed>();
      seen.push(...body.admin_tokens.map(({ id }) => id));
      if (pages === 0) expect(body.admin_tokens.some(({ revoked_at }) => revoked_at !== null)).toBe(true);
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen).toEqual(
      made
        .map(({ record }) => record.id)
        .sort()
        .reverse(),
    );
  });

  it.each(["limit=0", "limit=201", "limit=x", "limit=1.5", "cursor=%00", "cursor=AAAA", "cursor=a'--"])(
    "refuses ?%s",
    async (query) => {
      const { token } = await makeToken(["owner"]);
      expect(await codeOf(await ask("GET", `/v1/admin/tokens?${query}`, { token }))).toBe("VALIDATION_FAILED");
    },
  );
});
