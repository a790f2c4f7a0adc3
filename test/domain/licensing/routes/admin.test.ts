import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ask, codeOf, makeToken } from "../../../support/admin-request.ts";
import { hookedLedger } from "../../../support/hooked-ledger.ts";
import {
  activate,
  adminAct,
  count,
  hive,
  issueLicense,
  ownerToken,
  tokenFor,
} from "../../../support/license-fixture.ts";
import { askWith, newPostbox } from "../../../support/postbox.ts";

const issueBody = { plan: "premium-monthly", email: "Grace@Example.com" };

describe("issuing a license", () => {
  it("grants the plan's grant and returns the key", async () => {
    const response = await ask("POST", "/v1/admin/licenses", { token: await ownerToken(), body: issueBody });
    expect(response.status).toBe(201);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const { license, key } = await response.json<{ license: Record<string, unknown>; key: string }>();
    expect(license).toMatchObject({
      status: "active",
      plan: "premium-monthly",
      email: "grace@example.com",
      machine_limit: 5,
      entitlements: ["llm-worker-rbee-premium-*"],
      machines: [],
      livemode: false,
    });
    expect(key).toMatch(/^rbee_lic_/);
    expect((await activate(key, "m")).status).toBe(201);
    expect(await count("audit", `action = 'license.issue' AND subject = '${license["id"]}'`)).toBe(1);
  });

  it("makes one license for repeated requests with one Idempotency-Key, even at once", async () => {
    const token = await ownerToken();
    const issue = (body: object, key: string) =>
      ask("POST", "/v1/admin/licenses", { token, body, headers: { "Idempotency-Key": key } });
    const answers = await Promise.all(Array.from({ length: 8 }, () => issue(issueBody, "order-1")));
    const bodies = await Promise.all(answers.map((answer) => answer.json<{ license: { id: string }; key: string }>()));
    expect(new Set(bodies.map(({ license, key }) => license.id + key)).size).toBe(1);
    expect(await count("licenses")).toBe(1);
    expect(await codeOf(await issue({ ...issueBody, machine_limit: 9 }, "order-1"))).toBe("CONFLICT");
    expect((await issue(issueBody, "order-2")).status).toBe(201);
    expect(await count("licenses")).toBe(2);
  });

  it.each([
    ["no such plan", { ...issueBody, plan: "premium-free" }, "plan"],
    ["no address", { ...issueBody, email: "nobody" }, "email"],
    ["an absurd limit", { ...issueBody, machine_limit: 1e12 }, "machine_limit"],
    ["an end in the past", { ...issueBody, expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
    ["a field that means nothing", { ...issueBody, price: 1 }, ""],
  ])("is refused with %s", async (_, body, path) => {
    const response = await ask("POST", "/v1/admin/licenses", { token: await ownerToken(), body });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: "VALIDATION_FAILED", errors: [{ path }] });
    expect(await count("licenses")).toBe(0);
  });

  it("is refused when malformed or oversized", async () => {
    const token = await ownerToken();
    expect(await codeOf(await ask("POST", "/v1/admin/licenses", { token, body: "{" }))).toBe("MALFORMED_REQUEST");
    const huge = { ...issueBody, note: "x".repeat(70_000) };
    expect(await codeOf(await ask("POST", "/v1/admin/licenses", { token, body: huge }))).toBe("PAYLOAD_TOO_LARGE");
  });
});

describe("an admin's act", () => {
  it("requires a reason, and stores it with the actor", async () => {
    const { id } = await issueLicense();
    expect(await codeOf(await adminAct(id, "revoke", { reason: " " }))).toBe("VALIDATION_FAILED");
    const { token, record } = await makeToken(["licenses:write"]);
    await ask("POST", `/v1/admin/licenses/${id}/revoke`, { token, body: { reason: "leaked on a forum" } });
    const entry = await env.DB.prepare("SELECT * FROM audit WHERE action = 'license.revoke'").first();
    expect(entry).toMatchObject({ subject: id, actor: `token:${record.id}`, reason: "leaked on a forum" });
  });

  it("repeated changes nothing", async () => {
    const { id } = await issueLicense();
    expect((await adminAct(id, "revoke")).status).toBe(200);
    expect((await adminAct(id, "revoke")).status).toBe(200);
    expect(await count("audit", "action = 'license.revoke'")).toBe(1);
  });

  it("of revoking is taken back only by an owner", async () => {
    const { id } = await issueLicense();
    await adminAct(id, "revoke");
    expect(await codeOf(await adminAct(id, "suspend"))).toBe("CONFLICT");
    expect(await codeOf(await adminAct(id, "extend", { days: 30 }))).toBe("CONFLICT");
    expect(await codeOf(await adminAct(id, "reinstate", {}, "licenses:write"))).toBe("INSUFFICIENT_SCOPE");
    const reinstated = await adminAct(id, "reinstate");
    expect(await reinstated.json()).toMatchObject({ license: { status: "active" } });
  });

  it("of suspending is taken back by any admin with licenses:write", async () => {
    const { id } = await issueLicense();
    await adminAct(id, "suspend");
    expect((await adminAct(id, "reinstate", {}, "licenses:write")).status).toBe(200);
  });

  it("of extending moves the end only to a later time, once for each Idempotency-Key", async () => {
    const { id } = await issueLicense({ plan: "premium-trial" });
    const end = async () => {
      const response = await ask("GET", `/v1/admin/licenses/${id}`, { token: await ownerToken() });
      const { license } = await response.json<{ license: { expires_at: string } }>();
      return Date.parse(license.expires_at) / 1000;
    };
    const before = await end();
    const token = await ownerToken();
    const extend = () =>
      ask("POST", `/v1/admin/licenses/${id}/extend`, {
        token,
        body: { reason: "goodwill", days: 10 },
        headers: { "Idempotency-Key": "e1" },
      });
    await Promise.all([extend(), extend(), extend()]);
    expect(await end()).toBe(before + 10 * 86_400);
    expect(await codeOf(await adminAct(id, "extend", { expires_at: "2026-01-01T00:00:00Z" }))).toBe("CONFLICT");
    expect(await codeOf(await adminAct(id, "extend", { days: 1, expires_at: "2036-01-01T00:00:00Z" }))).toBe(
      "VALIDATION_FAILED",
    );
    expect((await adminAct(id, "extend", { expires_at: "2036-01-01T00:00:00Z" })).status).toBe(200);
    const { id: lifetime } = await issueLicense();
    expect(await codeOf(await adminAct(lifetime, "extend", { days: 1 }))).toBe("CONFLICT");
  });

  it("repeated with its Idempotency-Key does not show a key that another admin has made since", async () => {
    const { token } = await makeToken(["licenses:write", "licenses:issue"]);
    const body = { plan: "premium-lifetime", email: "ada@example.com" };
    const issue = () => ask("POST", "/v1/admin/licenses", { token, body, headers: { "Idempotency-Key": "issue-1" } });
    const { license } = await (await issue()).json<{ license: { id: string } }>();
    const rotate = () =>
      ask("POST", `/v1/admin/licenses/${license.id}/rotate-key`, {
        token,
        body: { reason: "leaked" },
        headers: { "Idempotency-Key": "rotate-1" },
      });
    const { key } = await (await rotate()).json<{ key: string }>();
    expect(await (await rotate()).json()).toMatchObject({ key });
    await adminAct(license.id, "rotate-key");
    for (const again of [await rotate(), await issue()]) {
      expect(again.status).toBe(409);
      expect(await again.text()).not.toContain("rbee_lic_");
    }
    expect(await count("audit", "action = 'license.rotate-key'")).toBe(2);
  });

  it("repeated while it is running shows the new key, and not the old one", async () => {
    const { id, key: old } = await issueLicense();
    const headers = { "Idempotency-Key": "rotate-1" };
    const request = { token: await ownerToken(), body: { reason: "leaked" }, headers };
    const path = `/v1/admin/licenses/${id}/rotate-key`;
    let first: Response | undefined;
    const DB = hookedLedger(async (run) => {
      const results = await run();
      first ??= await ask("POST", path, request);
      return results;
    });
    const second = await askWith({ ...newPostbox(), env: { ...env, DB } }, "POST", path, {
      json: request.body,
      headers: { ...headers, Authorization: `Bearer ${request.token}` },
    });
    const { key } = await second.json<{ key: string }>();
    expect(key).not.toBe(old);
    expect(await first?.json()).toMatchObject({ key });
    expect(await count("audit", "action = 'license.rotate-key'")).toBe(1);
  });

  it("is not lost when two happen at once", async () => {
    const { id } = await issueLicense();
    await Promise.all(Array.from({ length: 5 }, () => adminAct(id, "rotate-key")));
    const { license } = await (await ask("GET", `/v1/admin/licenses/${id}`, { token: await ownerToken() })).json<{
      license: { key_generation: number };
    }>();
    expect(license.key_generation).toBe(5);
    expect(await count("audit", "action = 'license.rotate-key'")).toBe(5);
  });

  it.each([
    ["an admin", "admin_state = 'revoked'"],
    ["a full refund", "refund_state = 'full'"],
    ["a lost dispute", "dispute_state = 'lost'"],
  ])("of rotating the key is refused once %s has revoked the license, and changes nothing", async (_, revoked) => {
    const { id, key } = await issueLicense();
    await env.DB.prepare(`UPDATE licenses SET ${revoked}`).run();
    const refused = await adminAct(id, "rotate-key");
    expect([refused.status, await codeOf(refused)]).toEqual([409, "CONFLICT"]);
    expect(await count("licenses", "generation = 0")).toBe(1);
    expect(await count("mails", "kind = 'key_rotated'")).toBe(0);
    expect(await count("audit", "action = 'license.rotate-key'")).toBe(0);
    expect(await codeOf(await activate(key, "m"))).toBe("LICENSE_REVOKED");
  });

  it("on a missing license is refused with LICENSE_NOT_FOUND", async () => {
    for (const id of ["lic_00000000000000000000000000", "nonsense", "__proto__"]) {
      expect(await codeOf(await adminAct(id, "revoke"))).toBe("LICENSE_NOT_FOUND");
    }
  });

  it("frees a machine's seat", async () => {
    const { id, key } = await issueLicense({ machine_limit: 1 });
    const token = await tokenFor(key, "m");
    const me = await hive("GET", "/v1/licenses/me", { credential: key });
    const { license } = await me.json<{ license: { machines: { id: string }[] } }>();
    const path = `/v1/admin/licenses/${id}/machines/${license.machines[0]?.id}`;
    for (let n = 0; n < 2; n++) {
      expect((await ask("DELETE", path, { token: await ownerToken() })).status).toBe(204);
    }
    expect(await codeOf(await hive("GET", "/v1/licenses/me", { credential: token }))).toBe("MACHINE_DEACTIVATED");
    expect((await activate(key, "other")).status).toBe(201);
  });
});

describe("finding licenses", () => {
  it("filters by mail, id, machine, plan and status, page by page", async () => {
    const token = await ownerToken();
    const find = async (query: string) => {
      const response = await ask("GET", `/v1/admin/licenses?${query}`, { token });
      return response.json<{ licenses: { id: string; email: string }[]; next_cursor: string | null }>();
    };
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift((await issueLicense({ email: `user${n}@example.com` })).id);
    const { id, key } = await issueLicense({ email: "ada@example.com", plan: "premium-trial" });
    await adminAct(id, "suspend");
    await adminAct(id, "reinstate");
    const machine = await (await activate(key, "m")).json<{ machine: { id: string } }>();
    for (const query of ["q=ADA@", `q=${id}`, `q=${machine.machine.id}`, "plan=premium-trial"]) {
      expect((await find(query)).licenses.map((license) => license.id)).toEqual([id]);
    }
    await adminAct(id, "revoke");
    expect((await find("status=revoked")).licenses).toMatchObject([{ id, machines: [{ id: machine.machine.id }] }]);
    expect((await find("status=active")).licenses.map((license) => license.id)).toEqual(ids);

    // An empty parameter is the same as none.
    expect(await find("q=&status=&plan=&limit=&cursor=")).toEqual(await find(""));

    const seen: string[] = [];
    let cursor = "";
    for (let page = 0; page < 4; page++) {
      const { licenses, next_cursor } = await find(`q=user&limit=2${cursor}`);
      seen.push(...licenses.map((license) => license.id));
      if (next_cursor === null) break;
      cursor = `&cursor=${encodeURIComponent(next_cursor)}`;
    }
    expect(seen).toEqual(ids);
  });

  it("shows no key", async () => {
    const { id, key } = await issueLicense();
    const text = await (await ask("GET", `/v1/admin/licenses/${id}`, { token: await ownerToken() })).text();
    expect(text).not.toContain(key.slice("rbee_lic_".length));
    const { results } = await env.DB.prepare("SELECT * FROM licenses").all();
    expect(JSON.stringify(results)).not.toContain(key.slice("rbee_lic_".length));
  });
});
