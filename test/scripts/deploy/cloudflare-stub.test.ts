import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runSql, type StubDatabase } from "../../support/node/cloudflare-api/d1.ts";
import { ACCOUNT, type CloudflareStub, startCloudflare } from "../../support/node/cloudflare-api/server.ts";

describe("the D1 of the stub", () => {
  const open = (): StubDatabase => ({
    ...{ uuid: "1", name: "ledger", jurisdiction: null, location: null },
    sqlite: new DatabaseSync(":memory:"),
  });
  const tables = (database: StubDatabase) => runSql(database, "SELECT name FROM sqlite_schema", []);

  it("runs a trigger on one line, and refuses one over several lines", () => {
    const database = open();
    const table = "CREATE TABLE a (id INTEGER);\n";
    runSql(database, `${table}CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a; END;\n`, []);
    const lines = "CREATE TRIGGER u AFTER INSERT ON a BEGIN\n  DELETE FROM a;\nEND;\n";
    expect(() => runSql(database, lines, [])).toThrow("incomplete input: SQLITE_ERROR");
  });

  it("refuses a statement over 100,000 bytes", () => {
    expect(() => runSql(open(), `SELECT '${"x".repeat(100_000)}'`, [])).toThrow("statement too long: SQLITE_TOOBIG");
  });

  it("rolls a whole request back when one statement fails", () => {
    const database = open();
    expect(() => runSql(database, "CREATE TABLE a (id INTEGER);\nSELECT * FROM b;", [])).toThrow("no such table: b");
    expect(tables(database)).toMatchObject([{ results: [] }]);
  });
});

describe("the API of the stub", () => {
  let cloudflare: CloudflareStub;
  beforeAll(async () => {
    cloudflare = await startCloudflare();
  });
  afterAll(() => cloudflare.stop());

  /** The status and the code of Cloudflare's error for a request with `token`. */
  async function ask(token: string, path: string, init: RequestInit = {}): Promise<[number, number | undefined]> {
    const headers = { Authorization: `Bearer ${token}` };
    const response = await fetch(`${cloudflare.url}${path}`, { ...init, headers });
    const { errors } = (await response.json()) as { errors: { code: number }[] };
    return [response.status, errors[0]?.code];
  }

  it("answers 403 with code 10000 for a permission that the token lacks, and lets a writer read", async () => {
    const path = `/accounts/${ACCOUNT}/d1/database`;
    expect(await ask(cloudflare.token(["Queues Write"]), path)).toEqual([403, 10000]);
    expect(await ask(cloudflare.token(["D1 Write"]), path)).toEqual([200, undefined]);
    const body = JSON.stringify({ name: "ledger" });
    expect(await ask(cloudflare.token(["D1 Read"]), path, { method: "POST", body })).toEqual([403, 10000]);
    expect(await ask(cloudflare.token(["D1 Write"]), path.replace(ACCOUNT, "another"))).toEqual([403, 10000]);
  });

  it("refuses a body of another form than wrangler's, and remembers a request that it does not know", async () => {
    const token = cloudflare.token(["D1 Write"]);
    const body = JSON.stringify({ name: "ledger", jurisdiction: "mars" });
    expect(await ask(token, `/accounts/${ACCOUNT}/d1/database`, { method: "POST", body })).toEqual([400, 10001]);
    expect(await ask(token, "/accounts/x/pages")).toEqual([404, 7003]);
    expect(cloudflare.unknown).toEqual(["GET /accounts/x/pages"]);
  });
});
