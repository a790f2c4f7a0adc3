import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { currentTime, HOUR, toRfc3339 } from "../../../src/lib/time.ts";
import { countOwners } from "../../../src/platform/identity/admin-token.ts";
import { MAX_ANCESTORS } from "../../../src/platform/identity/token-line.ts";
import { ask, codeOf, makeToken } from "../../support/admin-request.ts";
import { TestBrowser } from "../../support/cookie-browser.ts";

type Token = {
  id: string;
  scopes: string[];
  parent_id: string | null;
  needs_renewal: boolean;
  ended: { why: string; token_id: string } | null;
};
type Made = { token: string; admin_token: Token };

const create = (token: string, body: object = {}) =>
  ask("POST", "/v1/admin/tokens", { token, body: { name: "child", scopes: ["tokens:write", "audit:read"], ...body } });

const child = async (token: string, body: object = {}): Promise<Made> => (await create(token, body)).json<Made>();

const isIn = async (token: string) => {
  const response = await ask("GET", "/v1/admin/audit", { token });
  return response.status === 200 ? "in" : codeOf(response);
};

const endOf = async (token: string, id: string) => {
  const list = await (await ask("GET", "/v1/admin/tokens?limit=200", { token })).json<{ admin_tokens: Token[] }>();
  return list.admin_tokens.find((one) => one.id === id)?.ended ?? null;
};

const revoke = (token: string, id: string, query = "") => ask("DELETE", `/v1/admin/tokens/${id}${query}`, { token });
const post = (token: string, id: string, act: string, body: object = {}) =>
  ask("POST", `/v1/admin/tokens/${id}/${act}`, { token, body });

/** An owner, a token that it made, and one that this token made. */
async function family() {
  const owner = await makeToken(["owner"]);
  const parent = await child(owner.token);
  const grandchild = await child(parent.token);
  return { owner, parent, grandchild };
}

describe("a token that another token made", () => {
  it("names its parent, and ends with it when that is revoked, with its own children", async () => {
    const { owner, parent, grandchild } = await family();
    expect(grandchild.admin_token.parent_id).toBe(parent.admin_token.id);
    expect(parent.admin_token.parent_id).toBe(owner.record.id);
    expect(await isIn(grandchild.token)).toBe("in");
    expect((await revoke(owner.token, parent.admin_token.id)).status).toBe(204);
    expect([await isIn(parent.token), await isIn(grandchild.token)]).toEqual(["TOKEN_INVALID", "TOKEN_INVALID"]);
    expect(await endOf(owner.token, grandchild.admin_token.id)).toMatchObject({
      why: "parent_revoked",
      token_id: parent.admin_token.id,
    });
  });

  it("ends with a grandparent that expires, and its console session too", async () => {
    const { owner, parent, grandchild } = await family();
    const browser = new TestBrowser();
    await browser.post("/admin/sign-in", { form: { token: grandchild.token } });
    expect((await browser.get("/admin/audit")).status).toBe(200);
    await env.DB.prepare("UPDATE admin_tokens SET expires_at = ? WHERE id = ?")
      .bind(currentTime(), parent.admin_token.id)
      .run();
    expect((await browser.get("/admin/audit")).status).toBe(303);
    expect(await isIn(grandchild.token)).toBe("TOKEN_INVALID");
    expect(await endOf(owner.token, grandchild.admin_token.id)).toMatchObject({ why: "parent_expired" });
    const again = await new TestBrowser().post("/admin/sign-in", { form: { token: grandchild.token } });
    expect(again.status).not.toBe(303);
  });

  it("ends with a parent that is renewed, whose id and trail go on", async () => {
    const { owner, parent, grandchild } = await family();
    const response = await post(owner.token, parent.admin_token.id, "renew");
    expect(response.status).toBe(200);
    const renewed = await response.json<Made>();
    expect(renewed.admin_token.id).toBe(parent.admin_token.id);
    expect([await isIn(parent.token), await isIn(renewed.token), await isIn(grandchild.token)]).toEqual([
      ...["TOKEN_INVALID", "in", "TOKEN_INVALID"],
    ]);
    expect(await endOf(owner.token, grandchild.admin_token.id)).toMatchObject({ why: "parent_renewed" });
    expect(await isIn((await child(renewed.token)).token)).toBe("in");
  });

  it("goes on without its parent if an owner keeps it, by itself or at the revocation", async () => {
    const { owner, parent, grandchild } = await family();
    const sibling = await child(parent.token);
    const asParent = await post(parent.token, grandchild.admin_token.id, "keep", { reason: "r" });
    expect([asParent.status, await codeOf(asParent)]).toEqual([403, "INSUFFICIENT_SCOPE"]);
    expect((await post(owner.token, grandchild.admin_token.id, "keep", { reason: "r" })).status).toBe(200);
    const other = await makeToken(["tokens:write", "audit:read"]);
    expect((await revoke(other.token, parent.admin_token.id, "?keep_children=true")).status).toBe(403);
    expect(await isIn(parent.token)).toBe("in");
    expect((await revoke(owner.token, parent.admin_token.id, "?keep_children=true")).status).toBe(204);
    expect([await isIn(parent.token), await isIn(sibling.token), await isIn(grandchild.token)]).toEqual([
      ...["TOKEN_INVALID", "in", "in"],
    ]);
  });

  it("is not revived by keeping it after it has ended", async () => {
    const { owner, parent, grandchild } = await family();
    await revoke(owner.token, parent.admin_token.id);
    const kept = await post(owner.token, grandchild.admin_token.id, "keep", { reason: "r" });
    expect([kept.status, await codeOf(kept)]).toEqual([409, "CONFLICT"]);
    expect(await isIn(grandchild.token)).toBe("TOKEN_INVALID");
  });

  it("made by a request that overtakes the revocation of its maker, is born ended", async () => {
    const { owner, parent } = await family();
    const [made] = await Promise.all([create(parent.token), revoke(owner.token, parent.admin_token.id)]);
    if (made.status === 201) expect(await isIn((await made.json<Made>()).token)).toBe("TOKEN_INVALID");
  });

  it("belongs to nobody if a person made it, and has a bounded number of makers", async () => {
    let { token } = await makeToken(["owner"]);
    for (let made = 0; made < MAX_ANCESTORS; made++) ({ token } = await child(token));
    expect(await isIn(token)).toBe("in");
    const tooMany = await create(token);
    expect([tooMany.status, await codeOf(tooMany)]).toEqual([409, "CONFLICT"]);
  });

  it("whose maker is missing from the ledger has ended", async () => {
    const { parent, grandchild } = await family();
    await env.DB.prepare("DELETE FROM admin_tokens WHERE id = ?").bind(parent.admin_token.id).run();
    expect(await isIn(grandchild.token)).toBe("TOKEN_INVALID");
  });
});

describe("the last owner", () => {
  it("an owner that would end with the revoked one does not count", async () => {
    const first = await makeToken(["owner"]);
    const second = await child(first.token, { scopes: ["owner"] });
    const refused = await revoke(second.token, first.record.id);
    expect([refused.status, await codeOf(refused)]).toEqual([409, "CONFLICT"]);
    expect((await revoke(second.token, first.record.id, "?keep_children=true")).status).toBe(204);
    expect([await isIn(first.token), await isIn(second.token)]).toEqual(["TOKEN_INVALID", "in"]);
  });

  it("an owner that has ended with its maker does not count", async () => {
    const first = await makeToken(["owner"]);
    const second = await child(first.token, { scopes: ["owner"] });
    await env.DB.prepare("UPDATE admin_tokens SET expires_at = 1 WHERE id = ?").bind(first.record.id).run();
    expect(await isIn(second.token)).toBe("TOKEN_INVALID");
    const third = await makeToken(["owner"]);
    expect(await countOwners(env.DB, currentTime())).toBe(1);
    expect(await codeOf(await revoke(third.token, third.record.id))).toBe("CONFLICT");
  });

  it("is not renewed by itself, because a lost answer would lock everybody out", async () => {
    const owner = await makeToken(["owner"]);
    expect(await codeOf(await post(owner.token, owner.record.id, "renew"))).toBe("CONFLICT");
    await makeToken(["owner"]);
    expect((await post(owner.token, owner.record.id, "renew")).status).toBe(200);
    expect(await isIn(owner.token)).toBe("TOKEN_INVALID");
  });
});

describe("renewing a token", () => {
  it("takes fewer scopes, never more, and never more than the admin has", async () => {
    const owner = await makeToken(["owner"]);
    const { record } = await makeToken(["licenses:write", "audit:read"]);
    expect(await codeOf(await post(owner.token, record.id, "renew", { scopes: ["releases:read"] }))).toBe(
      "INSUFFICIENT_SCOPE",
    );
    const lesser = await makeToken(["tokens:write", "licenses:write"]);
    expect(await codeOf(await post(lesser.token, record.id, "renew", { scopes: ["licenses:write"] }))).toBe(
      "INSUFFICIENT_SCOPE",
    );
    const renewed = await post(owner.token, record.id, "renew", { scopes: ["licenses:read"] });
    expect((await renewed.json<Made>()).admin_token.scopes).toEqual(["licenses:read"]);
  });

  it("makes the admin who renews it its maker, so a thief's renewals end with the thief's token", async () => {
    const owner = await makeToken(["owner"]);
    const { record } = await makeToken(["audit:read"]);
    const thief = await child(owner.token);
    const stolen = await (await post(thief.token, record.id, "renew")).json<Made>();
    expect(await isIn(stolen.token)).toBe("in");
    await revoke(owner.token, thief.admin_token.id);
    expect(await isIn(stolen.token)).toBe("TOKEN_INVALID");
  });

  it("renewed by itself, it keeps its maker and its id, so one revocation still ends it", async () => {
    const { owner, parent } = await family();
    const own = await (await post(parent.token, parent.admin_token.id, "renew")).json<Made>();
    expect(own.admin_token.parent_id).toBe(owner.record.id);
    expect(await isIn(own.token)).toBe("in");
    await revoke(owner.token, parent.admin_token.id);
    expect(await isIn(own.token)).toBe("TOKEN_INVALID");
  });

  it("a token that your own token descends from, or that has ended, is refused", async () => {
    const { owner, parent, grandchild } = await family();
    expect(await codeOf(await post(grandchild.token, parent.admin_token.id, "renew"))).toBe("CONFLICT");
    expect(await isIn(parent.token)).toBe("in");
    await revoke(owner.token, parent.admin_token.id);
    expect(await codeOf(await post(owner.token, parent.admin_token.id, "renew"))).toBe("CONFLICT");
  });

  it("ends the console sessions of the old secret", async () => {
    const owner = await makeToken(["owner"]);
    const { token, record } = await makeToken(["audit:read"]);
    const browser = new TestBrowser();
    await browser.post("/admin/sign-in", { form: { token } });
    await post(owner.token, record.id, "renew");
    expect((await browser.get("/admin/audit")).status).toBe(303);
  });

  it("two at once leave one secret that works", async () => {
    const owner = await makeToken(["owner"]);
    const { record } = await makeToken(["audit:read"]);
    const both = await Promise.all([1, 2].map(() => post(owner.token, record.id, "renew")));
    const made = await Promise.all(both.map((answer) => answer.json<Partial<Made>>()));
    const states = await Promise.all(made.map(({ token = "" }) => isIn(token)));
    expect(states.sort()).toEqual(["TOKEN_INVALID", "in"]);
  });
});

describe("a token of before the scopes were divided", () => {
  const age = (id: string) => env.DB.prepare("UPDATE admin_tokens SET scopes_version = 1 WHERE id = ?").bind(id).run();

  it("keeps what it had until it is renewed, and says so", async () => {
    const owner = await makeToken(["owner"]);
    const { token, record } = await makeToken(["licenses:write", "releases:write", "tokens:write"]);
    await age(record.id);
    const find = async () => {
      const body = await (await ask("GET", "/v1/admin/tokens", { token })).json<{ admin_tokens: Token[] }>();
      return body.admin_tokens.find(({ id }) => id === record.id);
    };
    expect(await find()).toMatchObject({
      needs_renewal: true,
      scopes: [
        ...["licenses:write", "licenses:issue", "money:refund", "releases:write", "releases:withdraw", "tokens:write"],
      ],
    });
    const renewed = await (await post(owner.token, record.id, "renew")).json<Made>();
    expect(renewed.admin_token).toMatchObject({
      needs_renewal: false,
      scopes: ["licenses:write", "releases:write", "tokens:write"],
    });
  });

  it("may keep all of it by naming it at the renewal", async () => {
    const owner = await makeToken(["owner"]);
    const { record } = await makeToken(["licenses:write"]);
    await age(record.id);
    const scopes = ["licenses:write", "licenses:issue", "money:refund"];
    const renewed = await (await post(owner.token, record.id, "renew", { scopes })).json<Made>();
    expect(renewed.admin_token.scopes).toEqual(scopes);
  });

  it("needs no renewal if nothing of it was divided", async () => {
    for (const scopes of [["owner"], ["licenses:read", "audit:read"]] as const) {
      const { record } = await makeToken([...scopes]);
      await age(record.id);
      const owner = await makeToken(["owner"]);
      const body = await (await ask("GET", "/v1/admin/tokens", { token: owner.token })).json<{
        admin_tokens: Token[];
      }>();
      expect(body.admin_tokens.find(({ id }) => id === record.id)?.needs_renewal).toBe(false);
    }
  });
});

describe("a token for some workers", () => {
  it("has scopes over releases alone", async () => {
    const { token } = await makeToken(["owner"]);
    const workers = ["llm-worker-rbee-premium-cpu"];
    expect((await create(token, { scopes: ["releases:write"], workers })).status).toBe(201);
    for (const scopes of [["owner"], ["releases:write", "licenses:read"], ["tokens:write"]]) {
      expect(await codeOf(await create(token, { scopes, workers }))).toBe("VALIDATION_FAILED");
    }
    expect(await codeOf(await create(token, { scopes: ["releases:write"], workers: [] }))).toBe("VALIDATION_FAILED");
  });

  it("is renewed for the same workers or fewer", async () => {
    const { token } = await makeToken(["owner"]);
    const { record } = await makeToken(["releases:write"], null, ["a-worker", "b-worker"]);
    const more = await post(token, record.id, "renew", { workers: ["a-worker", "c-worker"] });
    expect(await codeOf(more)).toBe("INSUFFICIENT_SCOPE");
    const fewer = await post(token, record.id, "renew", {
      workers: ["a-worker"],
      expires_at: toRfc3339(currentTime() + HOUR),
    });
    expect((await fewer.json<{ admin_token: { workers: string[] } }>()).admin_token.workers).toEqual(["a-worker"]);
  });
});
