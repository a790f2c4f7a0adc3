import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readMetrics } from "../../../src/domain/figures/metrics.ts";
import { forgetRunTokens } from "../../../src/domain/publishing/exchange.ts";
import { currentTime, fromRfc3339 } from "../../../src/lib/time.ts";
import { ask, codeOf, makeToken } from "../../support/admin-request.ts";
import { TestBrowser } from "../../support/cookie-browser.ts";
import { count } from "../../support/license-fixture.ts";
import { addPublisher, exchange, OTHER_WORKER, OWN_WORKER, runTokens, serveKeysOf } from "../../support/publishing.ts";
import { type Claims, REPOSITORY, RunIssuer, WORKFLOW } from "../../support/workflow-run.ts";

type Answer = { token: string; token_type: string; expires_at: string; scopes: string[]; worker_ids: string[] };

let issuer: RunIssuer;

beforeAll(async () => {
  issuer = await RunIssuer.open();
});

beforeEach(() => {
  serveKeysOf(issuer);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The admin token of a run with changed claims. */
async function tokenOf(changes: Claims = {}): Promise<string> {
  const response = await exchange(await issuer.sign(changes));
  expect(response.status).toBe(200);
  return (await response.json<Answer>()).token;
}

const draft = (token: string, worker_id: string = OWN_WORKER, version = "1.2.3") =>
  ask("POST", "/v1/admin/releases", { token, body: { worker_id, version } });

describe("the exchange of a run's token", () => {
  it("gives an admin token of 15 minutes for the publisher's workers", async () => {
    const publisher = await addPublisher();
    const response = await exchange(await issuer.sign());
    expect(response.status).toBe(200);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const { token, expires_at, ...rest } = await response.json<Answer>();
    expect(token).toMatch(/^rbee_adm_[\w-]{43}$/);
    expect(Math.abs(fromRfc3339(expires_at) - currentTime() - 900)).toBeLessThan(60);
    expect(rest).toEqual({
      ...{ token_type: "Bearer", scopes: ["releases:write"], worker_ids: [OWN_WORKER], publisher_id: publisher },
    });
  });

  it("names every worker that a pattern has at that time", async () => {
    await addPublisher({ worker_ids: ["llm-worker-rbee-premium-*", "cpu"] });
    const { worker_ids } = await (await exchange(await issuer.sign())).json<Answer>();
    expect(worker_ids.toSorted()).toEqual([
      "llm-worker-rbee-cpu",
      "llm-worker-rbee-premium-cpu",
      "llm-worker-rbee-premium-cuda",
      "llm-worker-rbee-premium-metal",
    ]);
  });

  it("leaves no usable token in the ledger", async () => {
    await addPublisher();
    const oidc = await issuer.sign();
    const { token } = await (await exchange(oidc)).json<Answer>();
    const rows = await env.DB.prepare("SELECT * FROM admin_tokens").all();
    const audit = await env.DB.prepare("SELECT * FROM audit").all();
    const text = JSON.stringify([rows.results, audit.results]);
    expect(text).not.toContain(token.slice("rbee_adm_".length));
    expect(text).not.toContain(oidc.split(".")[2]);
  });

  it("lets one of fifty concurrent uses of a token win", async () => {
    await addPublisher();
    const token = await issuer.sign();
    const answers = await Promise.all(Array.from({ length: 50 }, () => exchange(token)));
    const codes = await Promise.all(answers.map(async (answer) => (answer.ok ? "ok" : codeOf(answer))));
    expect(codes.toSorted()).toEqual([...Array(49).fill("OIDC_TOKEN_REUSED"), "ok"].toSorted());
    expect(await runTokens()).toBe(1);
    expect(await count("audit", "action = 'publisher.exchange'")).toBe(1);
  });

  it("refuses a token again until its end, and a token with the same id that is signed anew", async () => {
    await addPublisher();
    const token = await issuer.sign({ jti: "same" });
    expect((await exchange(token)).status).toBe(200);
    await forgetRunTokens(env.DB, currentTime());
    const again = await exchange(token);
    expect([again.status, await codeOf(again)]).toEqual([401, "OIDC_TOKEN_REUSED"]);
    expect(await codeOf(await exchange(await issuer.sign({ jti: "same", run_id: "7" })))).toBe("OIDC_TOKEN_REUSED");
  });

  it("does not use up a token that is refused", async () => {
    const token = await issuer.sign();
    expect(await codeOf(await exchange(token))).toBe("PUBLISHER_UNKNOWN");
    await addPublisher();
    expect((await exchange(token)).status).toBe(200);
  });

  it.each<[string, number, string, Claims]>([
    ["a stranger's repository", 403, "PUBLISHER_UNKNOWN", { repository: "eve/tools", repository_id: "9" }],
    ["a repository that was made again", 403, "PUBLISHER_UNKNOWN", { repository_id: "9" }],
    ["a repository of another owner", 403, "PUBLISHER_UNKNOWN", { repository_owner_id: "9" }],
    ["a fork", 403, "PUBLISHER_FORK", { repository: "eve/workers", repository_id: "9", repository_owner_id: "8" }],
    ["a pull request", 403, "PUBLISHER_PULL_REQUEST", { event_name: "pull_request", ref: "refs/pull/1/merge" }],
    ["a pull request's target", 403, "PUBLISHER_PULL_REQUEST", { event_name: "pull_request_target" }],
    ["another run's end", 403, "PUBLISHER_EVENT", { event_name: "workflow_run" }],
    [
      "another workflow",
      403,
      "PUBLISHER_WORKFLOW",
      { workflow_ref: `${REPOSITORY.repository}/${WORKFLOW}x.yml@refs/tags/v1.2.3` },
    ],
    [
      "a reusable workflow",
      403,
      "PUBLISHER_WORKFLOW",
      { job_workflow_ref: "eve/x/.github/workflows/y.yml@refs/heads/main" },
    ],
    ["another environment", 403, "PUBLISHER_ENVIRONMENT", { environment: "test" }],
    ["no environment", 403, "PUBLISHER_ENVIRONMENT", { environment: undefined }],
    ["a branch", 403, "PUBLISHER_REF", { ref: "refs/heads/main" }],
  ])("refuses %s with %d %s", async (_name, status, code, claims) => {
    await addPublisher();
    const response = await exchange(await issuer.sign(claims));
    const body = await response.text();
    expect([response.status, JSON.parse(body).code]).toEqual([status, code]);
    // Nothing of the publisher that the run does not know itself.
    for (const secret of ["pub_", OWN_WORKER, "refs/tags/v*"]) expect(body).not.toContain(secret);
    if (claims["environment"] !== undefined) expect(body).not.toContain("release.");
    expect(await runTokens()).toBe(0);
  });

  it("limits the requests of one repository, and no other's", async () => {
    await addPublisher();
    const mine = await exchange(await issuer.sign());
    expect(mine.status).toBe(200);
    const codes = [];
    const stranger = { repository: "eve/tools", repository_id: "900" };
    for (let i = 0; i < 61; i++) codes.push(await codeOf(await exchange(await issuer.sign(stranger))));
    expect(codes.at(-2)).toBe("PUBLISHER_UNKNOWN");
    expect(codes.at(-1)).toBe("RATE_LIMITED");
    expect((await exchange(await issuer.sign())).status).toBe(200);
  });

  it("is refused at once after the publisher was removed, also if that happens meanwhile", async () => {
    const id = await addPublisher();
    const { token: owner } = await makeToken(["owner"]);
    const body = { reason: "moved" };
    const token = await tokenOf();
    const signed = await Promise.all(Array.from({ length: 10 }, () => issuer.sign()));
    const racing = signed.map((one) => exchange(one));
    expect((await ask("DELETE", `/v1/admin/publishers/${id}`, { token: owner, body })).status).toBe(200);
    const given = (await Promise.all(racing)).filter(({ ok }) => ok).map((answer) => answer.json<Answer>());
    for (const one of [token, ...(await Promise.all(given)).map((answer) => answer.token)]) {
      expect(await codeOf(await draft(one))).toBe("TOKEN_INVALID");
    }
    expect(await codeOf(await exchange(await issuer.sign()))).toBe("PUBLISHER_UNKNOWN");
  });
});

it("metrics: the tokens of runs are counted, and their refusals by code", async () => {
  await addPublisher();
  await tokenOf();
  await tokenOf();
  const sent = vi.spyOn(env.DOWNLOADS, "send");
  expect((await exchange(await issuer.sign({ ref: "refs/heads/main" }))).status).toBe(403);
  const refusal = expect.objectContaining({ area: "publishing", code: "PUBLISHER_REF", count: 1 });
  await vi.waitFor(() => expect(sent).toHaveBeenCalledWith({ kind: "refusals", refusals: [refusal] }));
  const metrics = await readMetrics(env, currentTime());
  expect(metrics.find(({ name }) => name === "rbee_publisher_tokens_today")?.samples).toEqual([
    { labels: {}, value: 2 },
  ]);
});

describe("the token of a run", () => {
  it("drafts releases of its workers, and of no other", async () => {
    await addPublisher();
    const token = await tokenOf();
    expect((await draft(token)).status).toBe(201);
    expect(await codeOf(await draft(token, OTHER_WORKER))).toBe("INSUFFICIENT_SCOPE");
  });

  it.each([
    ["GET", "/v1/admin/tokens"],
    ["POST", "/v1/admin/tokens"],
    ["GET", "/v1/admin/publishers"],
    ["POST", "/v1/admin/publishers"],
    ["GET", "/v1/admin/licenses"],
    ["POST", "/v1/admin/licenses"],
    ["GET", "/v1/admin/audit"],
    ["GET", "/v1/admin/stats"],
    ["GET", "/v1/admin/backups"],
  ])("may not %s %s", async (method, path) => {
    await addPublisher();
    const options = method === "POST" ? { body: {} } : {};
    expect(await codeOf(await ask(method, path, { token: await tokenOf(), ...options }))).toBe("INSUFFICIENT_SCOPE");
  });

  it("ends after 15 minutes", async () => {
    await addPublisher();
    const token = await tokenOf();
    vi.setSystemTime(Date.now() + 901_000);
    expect(await codeOf(await draft(token))).toBe("TOKEN_EXPIRED");
  });

  it("acts as its publisher, and each entry of the audit trail names the run", async () => {
    const publisher = await addPublisher();
    expect((await draft(await tokenOf({ run_id: "99" }))).status).toBe(201);
    const { results } = await env.DB.prepare("SELECT action, subject, details FROM audit WHERE actor = ? ORDER BY id")
      .bind(`publisher:${publisher}`)
      .all<{ action: string; subject: string; details: string }>();
    expect(results.map(({ action }) => action)).toEqual(["publisher.exchange", "release.create"]);
    for (const { details } of results) {
      expect(JSON.parse(details).run).toEqual({
        ...{ repository: REPOSITORY.repository, run_id: "99", run_attempt: "1", event: "push" },
        ...{ sha: "ffac537e6cbbf934b08745a378932722df287a53", ref: "refs/tags/v1.2.3", environment: "release" },
        ...{ workflow_ref: `${REPOSITORY.repository}/${WORKFLOW}@refs/tags/v1.2.3`, runner: "github-hosted" },
      });
      // The person who started the run is no part of a trail that is kept forever.
      expect(details).not.toContain("octocat");
    }
  });

  it("does not sign in to the console", async () => {
    await addPublisher();
    const token = await tokenOf();
    const [ofRun, wrong] = await Promise.all(
      [token, "wrong"].map((text) => new TestBrowser().post("/admin/sign-in", { form: { token: text } })),
    );
    expect(ofRun?.status).toBe(wrong?.status);
    expect(ofRun?.headers.get("Set-Cookie")).toBeNull();
    expect(await count("sessions")).toBe(0);
  });

  it("is forgotten a day after its end, and so is the mark of its use", async () => {
    await addPublisher();
    await tokenOf();
    const owner = await makeToken(["owner"]);
    await forgetRunTokens(env.DB, currentTime() + 3600);
    expect([await runTokens(), await count("used_run_tokens")]).toEqual([1, 0]);
    await forgetRunTokens(env.DB, currentTime() + 2 * 86_400);
    expect([await runTokens(), await count("admin_tokens", `id = '${owner.record.id}'`)]).toEqual([0, 1]);
  });
});
