import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ask, codeOf, makeToken } from "../../../support/admin-request.ts";
import { count, ownerToken } from "../../../support/license-fixture.ts";

const KEY = "85DB562A-C11D4B06-A2335A6B-8C079166";
const ROW = { key: KEY, email: "Ada@Example.com", plan: "premium-lifetime" };

type Outcome = { outcome: string; license_id: string | null; fault: string | null };

const send = async (rows: object[], more: object = {}, token?: string): Promise<Response> =>
  ask("POST", "/v1/admin/licenses/import", {
    token: token ?? (await ownerToken()),
    body: { source: "gumroad", reason: "we moved", licenses: rows, ...more },
  });

const outcomesOf = async (response: Response): Promise<Outcome[]> => {
  expect(response.status).toBe(200);
  return (await response.json<{ outcomes: Outcome[] }>()).outcomes;
};

describe("importing licenses", () => {
  it("issues a license with the plan's rights, and mails nobody", async () => {
    const [row] = await outcomesOf(await send([{ ...ROW, machine_limit: 3, note: "order 7" }]));
    expect(row).toMatchObject({ outcome: "imported", fault: null });
    const answer = await ask("GET", `/v1/admin/licenses/${row?.license_id}`, { token: await ownerToken() });
    const { license } = await answer.json<{ license: object }>();
    expect(license).toMatchObject({
      email: "ada@example.com",
      plan: "premium-lifetime",
      machine_limit: 3,
      note: "order 7",
    });
    expect(
      await count("audit", `action = 'license.import' AND subject = '${row?.license_id}' AND reason = 'we moved'`),
    ).toBe(1);
    expect(await count("mails")).toBe(0);
  });

  it("stores no key, in any form of it", async () => {
    await send([ROW]);
    for (const table of ["foreign_keys", "licenses", "audit", "outbox"]) {
      const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all();
      expect(JSON.stringify(results)).not.toMatch(/85DB562A|8C079166/i);
    }
  });

  it("changes nothing when it is repeated, however the key is written", async () => {
    const [first] = await outcomesOf(await send([ROW]));
    const again = { ...ROW, key: KEY.toLowerCase().replaceAll("-", ""), email: "eve@example.com" };
    expect(await outcomesOf(await send([again]))).toEqual([{ ...first, outcome: "known" }]);
    expect([await count("licenses"), await count("audit", "action = 'license.import'")]).toEqual([1, 1]);
  });

  it("imports a key once when two requests come at once", async () => {
    const all = await Promise.all(Array.from({ length: 4 }, async () => outcomesOf(await send([ROW]))));
    expect(new Set(all.flat().map(({ license_id }) => license_id)).size).toBe(1);
    expect(all.flat().filter(({ outcome }) => outcome === "imported")).toHaveLength(1);
    expect([await count("licenses"), await count("foreign_keys")]).toEqual([1, 1]);
  });

  it("does not bring a person back who was erased", async () => {
    const [row] = await outcomesOf(await send([ROW]));
    const token = await ownerToken();
    const erase = `/v1/admin/licenses/${row?.license_id}/erase`;
    expect((await ask("POST", erase, { token, body: { reason: "asked for" } })).status).toBe(200);
    expect(await outcomesOf(await send([ROW]))).toEqual([
      { outcome: "known", license_id: row?.license_id, fault: null },
    ]);
    expect([await count("licenses"), await count("licenses", "email = 'ada@example.com'")]).toEqual([1, 0]);
  });

  it("tells each row's fault without its key, and imports the others", async () => {
    const outcomes = await outcomesOf(
      await send([
        { ...ROW, key: "short-1" },
        ROW,
        { ...ROW, key: KEY.toLowerCase() },
        { ...ROW, key: `${KEY}-2`, expires_at: "2020-01-01T00:00:00Z" },
      ]),
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["invalid", "imported", "invalid", "invalid"]);
    expect(outcomes.map(({ fault }) => fault)).toEqual([
      expect.stringContaining("16 letters or digits"),
      null,
      "The same key is in an earlier row.",
      "The license has ended already.",
    ]);
    expect(JSON.stringify(outcomes)).not.toMatch(/short-1|85DB/);
  });

  it("previews by the same decision, and writes nothing", async () => {
    const rows = [ROW, { ...ROW, key: "short-1" }];
    const preview = await outcomesOf(await send(rows, { dry_run: true }));
    expect(preview.map(({ outcome }) => outcome)).toEqual(["importable", "invalid"]);
    expect([
      await count("licenses"),
      await count("foreign_keys"),
      await count("audit", "action = 'license.import'"),
    ]).toEqual([0, 0, 0]);
    const [done] = await outcomesOf(await send(rows));
    expect(done?.outcome).toBe("imported");
    expect((await outcomesOf(await send(rows, { dry_run: true })))[0]).toEqual({ ...done, outcome: "known" });
  });

  it("is for owners only, because it mails nobody", async () => {
    const { token } = await makeToken(["licenses:issue", "licenses:write"]);
    expect(await codeOf(await send([ROW], {}, token))).toBe("INSUFFICIENT_SCOPE");
  });

  it("refuses an unknown plan, and more rows than one request may change", async () => {
    expect(await codeOf(await send([{ ...ROW, plan: "premium" }]))).toBe("VALIDATION_FAILED");
    expect(await codeOf(await send(Array.from({ length: 51 }, () => ROW)))).toBe("VALIDATION_FAILED");
  });
});
