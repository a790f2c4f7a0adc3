import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ask, codeOf, makeToken } from "../../support/admin-request.ts";

type Audit = { entries: { id: string; at: string; subject: string; action: string }[]; next_cursor: string | null };

const read = async (token: string, query = "") =>
  (await ask("GET", `/v1/admin/audit${query}`, { token })).json<Audit>();

describe("the audit trail", () => {
  it("has the actor, action, subject, time, reason and request of each act, and the client's own id of it", async () => {
    const { token, record } = await makeToken(["owner"]);
    const made = await ask("POST", "/v1/admin/tokens", {
      token,
      body: { name: "ci", scopes: ["releases:write"] },
      headers: { "X-Request-Id": "request-4711" },
    });
    const { admin_token } = await made.json<{ admin_token: { id: string } }>();
    const { entries } = await read(token, "?limit=1");
    expect(entries).toEqual([
      {
        id: expect.stringMatching(/^chg_/),
        sequence: 2,
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        actor: `token:${record.id}`,
        action: "token.create",
        subject: admin_token.id,
        reason: null,
        details: { name: "ci", scopes: ["releases:write"], expires_at: null },
        request_id: made.headers.get("X-Request-Id"),
        client_request_id: "request-4711",
      },
    ]);
  });

  it("has no text that a client sends in place of an id", async () => {
    const { token } = await makeToken(["owner"]);
    await ask("POST", "/v1/admin/tokens", {
      token,
      body: { name: "ci", scopes: ["releases:write"] },
      headers: { "X-Request-Id": token.slice(0, 60) },
    });
    expect((await read(token, "?limit=1")).entries).toMatchObject([{ client_request_id: null }]);
  });

  it("can be filtered by subject, actor and action, alone or together", async () => {
    const owner = await makeToken(["owner"]);
    const first = await makeToken(["audit:read"]);
    const second = await makeToken(["audit:read"]);
    for (const { record } of [first, second])
      await ask("DELETE", `/v1/admin/tokens/${record.id}`, { token: owner.token });
    const find = async (query: string) =>
      (await read(owner.token, query)).entries.map(({ action, subject }) => `${action} ${subject}`);
    expect(await find(`?subject=${first.record.id}`)).toEqual([
      `token.revoke ${first.record.id}`,
      `token.create ${first.record.id}`,
    ]);
    expect(await find(`?actor=token:${owner.record.id}`)).toEqual([
      `token.revoke ${second.record.id}`,
      `token.revoke ${first.record.id}`,
    ]);
    expect(await find("?action=token.create&actor=system")).toHaveLength(3);
    expect(await find(`?action=token.revoke&subject=${second.record.id}&actor=token:${owner.record.id}`)).toHaveLength(
      1,
    );
    expect(await find("?subject=nobody")).toEqual([]);
    expect(await find("?subject=&actor=&cursor=")).toEqual(await find(""));
    expect(await find("?subject=%27%20OR%201%3D1--")).toEqual([]);
  });

  it("finds revocations of every cause as revocations", async () => {
    const { token } = await makeToken(["audit:read"]);
    const acts: [action: string, details: object][] = [
      ["license.revoke", { admin_state: "revoked" }],
      ["license.suspend", { admin_state: "suspended" }],
      ["license.refund", { admin_state: "revoked" }],
      ["license.follow-payment", { refund_state: "partial" }],
      ["license.follow-payment", { refund_state: "full" }],
      ["license.follow-payment", { dispute_state: "lost", expires_at: 1 }],
      ["license.erase", {}],
    ];
    await env.DB.batch(
      acts.map(([action, details], at) =>
        env.DB.prepare(
          "INSERT INTO audit (id, at, actor, action, subject, details) VALUES (?, 1, 'stripe:evt_1', ?, ?, ?)",
        ).bind(`chg_${String(at).padStart(26, "0")}`, action, String(at), JSON.stringify(details)),
      ),
    );
    const { entries } = await read(token, "?action=license.revoke");
    expect(entries.map(({ subject }) => subject)).toEqual(["6", "5", "4", "2", "0"]);
  });

  it("pages newest first with each entry once, also within a filter and while entries are added", async () => {
    const { token } = await makeToken(["owner"]);
    for (let i = 0; i < 6; i++) await makeToken(["audit:read"]);
    const all = (await read(token, "?actor=system")).entries.map(({ id }) => id);
    expect(all).toHaveLength(7);
    expect(all).toEqual([...all].sort().reverse());
    const seen: string[] = [];
    let cursor = "";
    for (;;) {
      const { entries, next_cursor } = await read(token, `?actor=system&limit=3${cursor}`);
      seen.push(...entries.map(({ id }) => id));
      await makeToken(["audit:read"]);
      if (next_cursor === null) break;
      cursor = `&cursor=${next_cursor}`;
    }
    expect(seen).toEqual(all);
  });

  it("cannot be changed, not even in the ledger", async () => {
    await makeToken(["owner"]);
    await expect(env.DB.prepare("UPDATE audit SET actor = 'nobody'").run()).rejects.toThrow(/append-only/);
    await expect(env.DB.prepare("DELETE FROM audit").run()).rejects.toThrow(/append-only/);
  });

  it("refuses an endless filter", async () => {
    const { token } = await makeToken(["audit:read"]);
    expect(await codeOf(await ask("GET", `/v1/admin/audit?actor=${"x".repeat(301)}`, { token }))).toBe(
      "VALIDATION_FAILED",
    );
  });

  it("can be read as a file of the days that were asked for", async () => {
    const { token } = await makeToken(["audit:read"]);
    const day = (text: string) => `/v1/admin/audit?format=csv&from=${text}&to=${text}`;
    const today = new Date().toISOString().slice(0, 10);
    const file = await ask("GET", day(today), { token });
    expect(file.headers.get("Content-Type")).toContain("text/csv");
    const [columns, ...lines] = (await file.text()).trimEnd().split("\r\n");
    expect(columns).toBe("sequence,at,actor,action,subject,reason,details,id,request_id,client_request_id");
    expect(lines).toEqual([expect.stringContaining(",system,token.create,adm_")]);
    expect((await (await ask("GET", day("2020-01-01"), { token })).text()).trimEnd()).toBe(columns);
    expect(await codeOf(await ask("GET", "/v1/admin/audit?from=yesterday", { token }))).toBe("VALIDATION_FAILED");
  });
});
