import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { currentTime, DAY } from "../../../../src/lib/time.ts";
import { newChange, recordAct } from "../../../../src/platform/storage/ledger.ts";
import { forgetOldRows } from "../../../../src/platform/storage/retention.ts";
import { ask, codeOf, makeToken } from "../../../support/admin-request.ts";
import { activate, adminAct, count, issueLicense } from "../../../support/license-fixture.ts";

type Event = { id: string; sequence: number; type: string; timestamp: string; data: Record<string, unknown> };
type Answer = {
  events: Event[];
  forgotten: { from: number; to: number }[];
  next_after: number;
  last_sequence: number;
  has_more: boolean;
};

async function read(query = ""): Promise<Answer> {
  const { token } = await makeToken(["audit:read"]);
  const answer = await ask("GET", `/v1/admin/events${query}`, { token });
  expect(answer.status).toBe(200);
  return answer.json<Answer>();
}

const lastNumber = async (): Promise<number> => (await read()).last_sequence;

const ENTRY = "INSERT INTO audit (id, at, actor, action, subject, details) VALUES (?, ?, ?, ?, 'lic_1', '{}')";
const noted = (id: string, at: number, action: string, actor = "token:adm_1") =>
  env.DB.prepare(ENTRY).bind(id, at, actor, action);

describe("the sequence of the audit trail", () => {
  it("has each act once, without a gap, in the order of the commits", async () => {
    const before = await lastNumber();
    const { id, key } = await issueLicense({ machine_limit: 5 });
    await Promise.all(["a", "b", "c", "d"].map((name) => activate(key, name)));
    await adminAct(id, "suspend", { reason: "leak" });
    const { events } = await read(`?after=${before}&limit=200`);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, at) => before + 1 + at));
    const ofLicense = events.filter(({ data }) => data["subject"] === id);
    expect(ofLicense.map(({ type }) => type)).toEqual([
      "license.issue",
      ...Array.from({ length: 4 }, () => "machine.activate"),
      "license.suspend",
    ]);
    expect(await count("audit", "sequence IS NULL")).toBe(0);
  });

  it("gives no number to an act that does not take effect", async () => {
    const { token } = await makeToken(["owner"]);
    const before = await lastNumber();
    const change = newChange(
      { actor: "system", requestId: null, now: currentTime() },
      {
        action: "outbox.publish",
        subject: "outbox",
      },
    );
    const broken = env.DB.prepare("INSERT INTO audit (id) VALUES (NULL)");
    await expect(recordAct(env.DB, change, [noted("chg_rolled-back", 1, "license.revoke"), broken])).rejects.toThrow();
    expect(
      (await ask("POST", "/v1/admin/licenses/lic_06b4m2v8w5r7q1t3x9z2k4n6p8/revoke", { token, body: { reason: "r" } }))
        .status,
    ).toBe(404);
    const { events } = await read(`?after=${before}`);
    expect(events.map(({ type }) => type).filter((type) => type !== "token.create")).toEqual([]);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, at) => before + 1 + at));
  });

  it("is given by the ledger alone, and never changes", async () => {
    await issueLicense();
    const own = env.DB.prepare(
      "INSERT INTO audit (id, at, actor, action, subject, details, sequence) VALUES ('chg_own', 1, 'system', 'license.revoke', 'lic_1', '{}', 4711)",
    );
    await expect(own.run()).rejects.toThrow("numbers its entries itself");
    for (const change of ["sequence = sequence + 1", "sequence = NULL", "reason = 'another'", "details = '{\"a\":1}'"])
      await expect(env.DB.prepare(`UPDATE audit SET ${change}`).run()).rejects.toThrow("append-only");
  });

  it("is also on each entry of the audit trail", async () => {
    const { token } = await makeToken(["audit:read"]);
    const { entries } = await (await ask("GET", "/v1/admin/audit?limit=1", { token })).json<{ entries: object[] }>();
    expect(entries).toMatchObject([{ sequence: (await lastNumber()) - 1 }]);
  });

  it("names what retention has deleted, and never gives a number twice", async () => {
    const now = currentTime();
    const before = await lastNumber();
    await env.DB.batch([
      noted("chg_1", now - 91 * DAY, "machine.activate", "license:lic_1"),
      noted("chg_2", now - 91 * DAY, "license.revoke"),
      noted("chg_3", now - 91 * DAY, "machine.activate", "license:lic_1"),
      noted("chg_4", now - 91 * DAY, "machine.deactivate", "license:lic_1"),
    ]);
    await forgetOldRows(env.DB, now);
    const first = before;
    const { events, ...rest } = await read(`?after=${first}&type=license.revoke`);
    const through = first + 5;
    expect(events).toMatchObject([{ id: "chg_2", sequence: first + 2 }]);
    expect(rest).toEqual({
      forgotten: [
        { from: first + 1, to: first + 1 },
        { from: first + 3, to: first + 4 },
      ],
      ...{ next_after: through, last_sequence: through, has_more: false },
    });
  });
});

describe("GET /v1/admin/events", () => {
  it("shows an act as an event of the Standard Webhooks form", async () => {
    const { id } = await issueLicense();
    const after = await lastNumber();
    const revoked = await adminAct(id, "revoke", { reason: "key found in public" });
    const { events } = await read(`?after=${after}&type=license.revoke`);
    expect(events).toEqual([
      {
        id: expect.stringMatching(/^chg_[0-9a-z]{26}$/),
        sequence: after + 2,
        type: "license.revoke",
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        data: {
          subject: id,
          actor: expect.stringMatching(/^token:adm_/),
          reason: "key found in public",
          details: { admin_state: "revoked" },
          request_id: revoked.headers.get("X-Request-Id"),
        },
      },
    ]);
  });

  it("leads a reader by `next_after` past each event once, also with a filter of which few match", async () => {
    const after = await lastNumber();
    const acts = Array.from({ length: 2500 }, (_, at) => ({
      id: `chg_many${at}`,
      type: at % 900 === 0 ? "license.revoke" : "mail.retry",
    }));
    const rows = JSON.stringify(acts);
    await env.DB.prepare(
      `INSERT INTO audit (id, at, actor, action, subject, details)
       SELECT value ->> 'id', 1, 'token:adm_1', value ->> 'type', 'lic_1', '{}' FROM json_each(?)`,
    )
      .bind(rows)
      .run();
    const seen: string[] = [];
    let answer = await read(`?after=${after}&type=license.*&limit=1`);
    for (let asked = 1; asked < 20; asked++) {
      seen.push(...answer.events.map(({ id }) => id));
      expect(answer.forgotten).toEqual([]);
      if (!answer.has_more) break;
      answer = await read(`?after=${answer.next_after}&type=license.*&limit=1`);
    }
    expect(seen).toEqual(["chg_many0", "chg_many900", "chg_many1800"]);
  });

  it("tells a reader whose last event the ledger does not have", async () => {
    const { token } = await makeToken(["audit:read"]);
    const answer = await ask("GET", `/v1/admin/events?after=${(await lastNumber()) + 100}`, { token });
    expect([answer.status, await codeOf(answer)]).toEqual([409, "CONFLICT"]);
  });

  it("refuses unknown types, numbers below 0, and an admin without audit:read", async () => {
    const { token } = await makeToken(["audit:read"]);
    for (const query of [
      "type=license.revoked",
      "type=license",
      "type=license.*,",
      "after=-1",
      "after=x",
      "limit=201",
    ]) {
      const answer = await ask("GET", `/v1/admin/events?${query}`, { token });
      expect([query, await codeOf(answer)]).toEqual([query, "VALIDATION_FAILED"]);
    }
    const { token: other } = await makeToken(["licenses:write", "stats:read", "releases:write"]);
    expect(await codeOf(await ask("GET", "/v1/admin/events", { token: other }))).toBe("INSUFFICIENT_SCOPE");
  });
});
