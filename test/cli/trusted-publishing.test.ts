import type { RequestListener } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { CatalogClient } from "../../src/cli/catalog-client.ts";
import { type RunToken, runCredential } from "../../src/cli/run-credential.ts";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const servers: { close: () => void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function open(listener: RequestListener): Promise<string> {
  const server = await serve(listener);
  servers.push(server);
  return server.url;
}

const json = (status: number, body: unknown) => [status, body] as const;
type Answer = ReturnType<typeof json>;

/** A secret of the catalog, numbered. */
const secret = (number: number): string => `rbee_adm_${String(number).padStart(43, "x")}`;

/** What GitHub's token service was asked, and what the catalog was. */
type Asked = { github: string[]; exchanged: string[]; listed: string[] };

/**
 * A job of GitHub Actions and a catalog. The token service answers as docs.github.com, "OpenID Connect reference",
 * says: `{count, value}` for the bearer token of the job.
 */
async function job({
  github = (n: number): Answer => json(200, { count: 1, value: `oidc-${n}` }),
  exchange = (n: number): Answer =>
    json(200, { token: secret(n), token_type: "Bearer", publisher_id: "pub_1", worker_ids: ["w"] }),
} = {}) {
  const asked: Asked = { github: [], exchanged: [], listed: [] };
  const answer = (response: Parameters<RequestListener>[1], [status, body]: Answer) =>
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  const service = await open((request, response) => {
    asked.github.push(`${request.headers.authorization} ${request.url}`);
    answer(response, github(asked.github.length));
  });
  const catalog = await open(async (request, response) => {
    if (request.url === "/v1/trusted-publishing/token") {
      asked.exchanged.push(JSON.parse(await text(request)).token);
      return void answer(response, exchange(asked.exchanged.length));
    }
    asked.listed.push(request.headers.authorization ?? "");
    answer(response, json(200, { releases: [], next_cursor: null }));
  });
  const folder = await temporaryFolder();
  const env = {
    ...{ DEV_DIR: folder, XDG_CONFIG_HOME: folder, RBEE_CATALOG_URL: catalog, RBEE_ADMIN_TOKEN: "" },
    GITHUB_ACTIONS: "true",
    ACTIONS_ID_TOKEN_REQUEST_URL: `${service}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "job-token",
  };
  return {
    asked,
    env,
    run: (more: NodeJS.ProcessEnv = {}, args = ["release", "list"]) => runCli(args, { ...env, ...more }),
  };
}

describe("a job of GitHub Actions", () => {
  it("gets its admin token by itself, and masks it in the log", async () => {
    const { asked, run } = await job();
    const { code, stdout, stderr } = await run();
    expect(code).toBe(0);
    expect(asked).toEqual({
      github: ["Bearer job-token /token?api-version=2.0&audience=rbee-catalog"],
      exchanged: ["oidc-1"],
      listed: [`Bearer ${secret(1)}`],
    });
    expect(stderr.split("\n")).toContain(`::add-mask::${secret(1)}`);
    expect(stderr).toContain("pub_1");
    expect(stdout).not.toContain("rbee_adm_");
  });

  it("prints nothing but JSON on stdout with --json, and no token in another program's log", async () => {
    const { run } = await job();
    const { stdout, stderr } = await run({ GITHUB_ACTIONS: "" }, ["release", "list", "--json"]);
    expect(JSON.parse(stdout)).toEqual({ releases: [], next_cursor: null });
    expect(stderr).toBe("");
  });

  it("uses an admin token that it was given", async () => {
    const { asked, run } = await job();
    expect((await run({ RBEE_ADMIN_TOKEN: secret(7) })).code).toBe(0);
    expect(asked).toEqual({ github: [], exchanged: [], listed: [`Bearer ${secret(7)}`] });
  });

  it("without the permission is told to add it", async () => {
    const { asked, run } = await job();
    const { code, stderr } = await run({ ACTIONS_ID_TOKEN_REQUEST_URL: "", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "" });
    expect([code, stderr]).toEqual([3, expect.stringContaining("id-token: write")]);
    expect(asked.exchanged).toEqual([]);
  });

  it.each(["http://tokens.example/token", "http://127.0.0.1.example/token", "ftp://tokens.example/", "tokens"])(
    "sends its secret nowhere if the token service is at %s",
    async (ACTIONS_ID_TOKEN_REQUEST_URL) => {
      const { asked, run } = await job();
      const { code, stderr } = await run({ ACTIONS_ID_TOKEN_REQUEST_URL });
      expect([code, stderr]).toEqual([2, expect.stringContaining("https")]);
      expect(asked).toEqual({ github: [], exchanged: [], listed: [] });
    },
  );

  it("that GitHub refuses a token says so", async () => {
    const { run } = await job({ github: () => json(403, { message: "no" }) });
    const { code, stderr } = await run();
    expect([code, stderr]).toEqual([3, expect.stringContaining("id-token: write")]);
  });

  it("follows no redirect with its secret", async () => {
    const { asked, run } = await job({ github: () => json(302, {}) });
    expect((await run()).code).toBe(3);
    expect(asked.github).toHaveLength(1);
  });

  it("is told the catalog's refusal with its code", async () => {
    const refusal = { code: "PUBLISHER_REF", detail: "No publisher names the ref refs/heads/main for this workflow." };
    const { asked, run } = await job({ exchange: () => json(403, refusal) });
    const { code, stderr } = await run();
    expect([code, stderr]).toEqual([3, expect.stringContaining("PUBLISHER_REF")]);
    expect(asked.exchanged).toHaveLength(1);
  });
});

describe("the credential of a run", () => {
  /** A credential whose time only this test changes. */
  async function credential(setup: Awaited<ReturnType<typeof job>>) {
    const time = { now: 0 };
    const given: RunToken[] = [];
    const get = runCredential({
      client: new CatalogClient({ url: setup.env.RBEE_CATALOG_URL, sleep: async () => {} }),
      access: { url: setup.env.ACTIONS_ID_TOKEN_REQUEST_URL, token: "job-token" },
      onToken: (token) => given.push(token),
      clock: () => time.now,
    });
    return { get, time, given };
  }

  it("is replaced after ten minutes, and never asks with a token of GitHub twice", async () => {
    const setup = await job();
    const { get, time, given } = await credential(setup);
    const tokens = [];
    for (const minutes of [0, 5, 9, 10, 19, 21]) {
      time.now = minutes * 60_000;
      tokens.push(await get());
    }
    expect(tokens).toEqual([secret(1), secret(1), secret(1), secret(2), secret(2), secret(3)]);
    expect(setup.asked.exchanged).toEqual(["oidc-1", "oidc-2", "oidc-3"]);
    expect(given).toHaveLength(3);
  });

  it("is exchanged once for uploads at the same time", async () => {
    const setup = await job();
    const { get } = await credential(setup);
    expect(new Set(await Promise.all([get(), get(), get(), get()]))).toEqual(new Set([secret(1)]));
    expect(setup.asked.exchanged).toEqual(["oidc-1"]);
  });

  it.each([
    ["the catalog's keys are out", 503, "SERVICE_UNAVAILABLE"],
    ["the answer was lost, so the token counts as used", 401, "OIDC_TOKEN_REUSED"],
  ])("asks GitHub for another token if %s", async (_name, status, code) => {
    const good = json(200, { token: secret(9), publisher_id: "pub_1", worker_ids: [] });
    const setup = await job({ exchange: (n) => (n < 3 ? json(status, { code, detail: "no" }) : good) });
    const { get } = await credential(setup);
    expect(await get()).toBe(secret(9));
    expect(setup.asked.exchanged).toEqual(["oidc-1", "oidc-2", "oidc-3"]);
  });

  it("is given up after four attempts, and asked for again by the next request", async () => {
    let isOut = true;
    const good = json(200, { token: secret(9), publisher_id: "pub_1", worker_ids: [] });
    const setup = await job({ exchange: () => (isOut ? json(503, { code: "SERVICE_UNAVAILABLE" }) : good) });
    const { get } = await credential(setup);
    await expect(get()).rejects.toThrow("SERVICE_UNAVAILABLE");
    expect(setup.asked.exchanged).toHaveLength(4);
    isOut = false;
    expect(await get()).toBe(secret(9));
  });
});

describe("publisher add", () => {
  const REPOSITORY = {
    ...{ id: 1296269, full_name: "rbee-dev/workers", fork: false, private: false },
    owner: { id: 583231, login: "rbee-dev" },
  };

  /** Runs `publisher add` against GitHub's API, "Get a repository", and a catalog. */
  async function add(
    { status = 200, body = REPOSITORY as unknown } = {},
    args: string[] = [],
    more: NodeJS.ProcessEnv = {},
  ) {
    const asked: string[] = [];
    const sent: Record<string, unknown>[] = [];
    const api = await open((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization ?? "-"}`);
      response.writeHead(status, { Location: "/repositories/1" }).end(JSON.stringify(body));
    });
    const catalog = await open(async (request, response) => {
      const wanted = JSON.parse(await text(request));
      sent.push(wanted);
      const publisher = { id: "pub_1", environment: null, refs: ["refs/tags/v*"], ...wanted };
      response.writeHead(201, { "Content-Type": "application/json" }).end(JSON.stringify({ publisher }));
    });
    const folder = await temporaryFolder();
    const env = {
      ...{ DEV_DIR: folder, XDG_CONFIG_HOME: folder, RBEE_CATALOG_URL: catalog, RBEE_ADMIN_TOKEN: secret(1) },
      ...{ GITHUB_API_URL: api, GITHUB_TOKEN: "", GH_TOKEN: "" },
    };
    const command = [
      "publisher",
      "add",
      "rbee-dev/workers",
      "--workflow",
      "release.yml",
      "--worker",
      "w",
      "--reason",
      "CI",
    ];
    return { ...(await runCli([...command, ...args], { ...env, ...more })), asked, sent };
  }

  it("asks GitHub for the ids, and sends them with the name", async () => {
    const { code, stdout, stderr, asked, sent } = await add({}, ["--environment", "release"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(asked).toEqual(["/repos/rbee-dev/workers -"]);
    expect(sent).toEqual([
      {
        ...{ repository: "rbee-dev/workers", repository_id: "1296269", repository_owner_id: "583231" },
        ...{ workflow: "release.yml", environment: "release", worker_ids: ["w"], reason: "CI" },
      },
    ]);
    expect(stdout).toContain("1296269");
  });

  it("warns of a publisher without an environment, and of a fork", async () => {
    const { stderr } = await add({ body: { ...REPOSITORY, fork: true } });
    expect(stderr).toContain("is a fork");
    expect(stderr).toContain("no environment");
  });

  it.each(["GITHUB_TOKEN", "GH_TOKEN"])("sends %s to GitHub, for a private repository", async (name) => {
    const { asked } = await add({}, [], { [name]: "ghp_1" });
    expect(asked).toEqual(["/repos/rbee-dev/workers Bearer ghp_1"]);
  });

  it("asks nobody if both ids are given", async () => {
    const { code, asked, sent } = await add({}, ["--repository-id", "7", "--owner-id", "8"]);
    expect([code, asked]).toEqual([0, []]);
    expect(sent[0]).toMatchObject({ repository_id: "7", repository_owner_id: "8" });
  });

  it.each<[string, number, { status?: number; body?: unknown }, string[], string]>([
    ["only one id", 2, {}, ["--repository-id", "7"], "both"],
    ["a repository that GitHub does not show", 4, { status: 404, body: {} }, [], "GITHUB_TOKEN"],
    ["a repository with another name now", 1, { status: 301, body: {} }, [], "another name"],
    ["an answer about another repository", 1, { body: { ...REPOSITORY, full_name: "eve/workers" } }, [], "eve/workers"],
    ["an answer without ids", 1, { body: { full_name: "rbee-dev/workers" } }, [], "does not tell the ids"],
    ["a limit of GitHub", 1, { status: 403, body: {} }, [], "--repository-id"],
  ])("guesses nothing from %s", async (_name, code, answer, args, says) => {
    const { sent, ...run } = await add(answer, args);
    expect([run.code, run.stderr]).toEqual([code, expect.stringContaining(says)]);
    expect(sent).toEqual([]);
  });

  it("sends no token over plain http", async () => {
    const { code, asked, sent } = await add({}, [], { GITHUB_API_URL: "http://api.example", GITHUB_TOKEN: "ghp_1" });
    expect([code, asked, sent]).toEqual([2, [], []]);
  });
});
