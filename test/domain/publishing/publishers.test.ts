import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { SCOPES } from "../../../src/platform/config/scopes.ts";
import { ask, codeOf, makeToken } from "../../support/admin-request.ts";
import { count } from "../../support/license-fixture.ts";
import { addPublisher, newPublisher, OWN_WORKER } from "../../support/publishing.ts";
import { REPOSITORY, WORKFLOW } from "../../support/workflow-run.ts";

type Publisher = Record<string, unknown> & { id: string; removed_at: string | null };

const PATH = "/v1/admin/publishers";

const add = async (changes: object = {}) => {
  const { token } = await makeToken(["owner"]);
  return ask("POST", PATH, { token, body: newPublisher(changes) });
};

describe("adding a publisher", () => {
  it("answers with it, and has one entry of the audit trail with the reason", async () => {
    const response = await add({ workflow: "release.yml", worker_ids: ["premium-cpu", OWN_WORKER], refs: undefined });
    expect(response.status).toBe(201);
    const { publisher } = await response.json<{ publisher: Publisher }>();
    expect(publisher).toMatchObject({
      ...{ ...REPOSITORY, provider: "github", workflow: WORKFLOW, environment: "release", refs: ["refs/tags/v*"] },
      ...{ worker_ids: [OWN_WORKER], last_used_at: null, removed_at: null },
    });
    expect(await count("audit", `action = 'publisher.add' AND subject = '${publisher.id}' AND reason LIKE '%CI'`)).toBe(
      1,
    );
  });

  it("accepts ids as GitHub's API writes them", async () => {
    const response = await add({ repository_id: 1296269, repository_owner_id: 583231 });
    const { publisher } = await response.json<{ publisher: Publisher }>();
    expect([publisher["repository_id"], publisher["repository_owner_id"]]).toEqual(["1296269", "583231"]);
  });

  it.each<[string, object]>([
    ["no repository", { repository: undefined }],
    ["a URL for a repository", { repository: "https://github.com/rbee-dev/workers" }],
    ["a repository without its owner", { repository: "workers" }],
    ["no id", { repository_id: undefined }],
    ["a name for an id", { repository_id: "workers" }],
    ["an id of zero", { repository_id: 0 }],
    ["no owner's id", { repository_owner_id: undefined }],
    ["no workflow", { workflow: undefined }],
    ["a workflow elsewhere", { workflow: "ci/release.yml" }],
    ["a workflow in a folder", { workflow: ".github/workflows/x/release.yml" }],
    ["a workflow with a ref", { workflow: `${WORKFLOW}@refs/heads/main` }],
    ["a workflow that is no YAML", { workflow: "release.sh" }],
    ["an empty environment", { environment: "" }],
    ["an environment with a line break", { environment: "re\nlease" }],
    ["no ref", { refs: [] }],
    ["a short ref", { refs: ["v1.2.3"] }],
    ["every tag", { refs: ["refs/tags/*"] }],
    ["every branch", { refs: ["refs/heads/*"] }],
    ["every ref", { refs: ["*"] }],
    ["two stars", { refs: ["refs/tags/v*.*"] }],
    ["a pull request's ref", { refs: ["refs/pull/1/merge"] }],
    ["a merge queue", { refs: ["refs/heads/gh-readonly-queue/main/*"] }],
    ["no worker", { worker_ids: [] }],
    ["an unknown worker", { worker_ids: ["llm-worker-rbee-tpu"] }],
    ["a pattern of no worker", { worker_ids: ["other-*"] }],
    ["every worker", { worker_ids: ["*"] }],
    ["no reason", { reason: undefined }],
    ["an unknown member", { owner: "rbee-dev" }],
  ])("with %s is refused", async (_name, changes) => {
    const response = await add(changes);
    expect([response.status, await codeOf(response)]).toEqual([422, "VALIDATION_FAILED"]);
    expect(await count("publishers")).toBe(0);
  });

  it("for a workflow and environment that one in force names is a conflict, and not after its removal", async () => {
    const first = await addPublisher();
    for (const environment of ["release", "RELEASE"]) {
      const again = await add({ environment, worker_ids: ["premium-cuda"] });
      expect(again.status).toBe(409);
      expect((await again.json<{ detail: string }>()).detail).toContain(first);
    }
    expect((await add({ environment: null })).status).toBe(201);
    expect((await add({ environment: null })).status).toBe(409);
    const { token } = await makeToken(["owner"]);
    await ask("DELETE", `${PATH}/${first}`, { token, body: { reason: "again" } });
    expect((await add()).status).toBe(201);
  });
});

describe("removing a publisher", () => {
  it("is for good, recorded once, and idempotent", async () => {
    const id = await addPublisher();
    const { token } = await makeToken(["owner"]);
    for (const _time of [1, 2]) {
      const response = await ask("DELETE", `${PATH}/${id}`, { token, body: { reason: "moved" } });
      expect(response.status).toBe(200);
      expect((await response.json<{ publisher: Publisher }>()).publisher.removed_at).not.toBeNull();
    }
    expect(await count("audit", `action = 'publisher.remove' AND subject = '${id}' AND reason = 'moved'`)).toBe(1);
  });

  it("needs a reason, and a publisher", async () => {
    const id = await addPublisher();
    const { token } = await makeToken(["owner"]);
    expect(await codeOf(await ask("DELETE", `${PATH}/${id}`, { token, body: {} }))).toBe("VALIDATION_FAILED");
    const none = `${PATH}/pub_${"0".repeat(26)}`;
    expect((await ask("DELETE", none, { token, body: { reason: "x" } })).status).toBe(404);
    expect(await count("publishers", "removed_at IS NULL")).toBe(1);
  });
});

describe("the list of publishers", () => {
  it("has removed ones too, newest first, by pages", async () => {
    const ids = [];
    for (const environment of ["a", "b", "c"]) ids.push(await addPublisher({ environment }));
    const { token } = await makeToken(["owner"]);
    await ask("DELETE", `${PATH}/${ids[1]}`, { token, body: { reason: "moved" } });
    const seen: string[] = [];
    let cursor = "";
    do {
      const page = await ask("GET", `${PATH}?limit=2&cursor=${cursor}`, { token });
      const { publishers, next_cursor } = await page.json<{ publishers: Publisher[]; next_cursor: string | null }>();
      seen.push(...publishers.map(({ id }) => id));
      cursor = next_cursor ?? "";
    } while (cursor !== "");
    expect(seen).toEqual(ids.toSorted().toReversed());
  });

  it("shows neither the issuer nor a trace of the ledger", async () => {
    await addPublisher();
    const { token } = await makeToken(["owner"]);
    const text = await (await ask("GET", PATH, { token })).text();
    expect(text).not.toMatch(/last_change|issuer|chg_/);
  });
});

it.each(SCOPES.filter((scope) => scope !== "owner"))(
  "publishers: %s neither lists, adds nor removes any",
  async (scope) => {
    const id = await addPublisher();
    const { token } = await makeToken([scope]);
    const answers = [
      await ask("GET", PATH, { token }),
      await ask("POST", PATH, { token, body: newPublisher({ environment: "other" }) }),
      await ask("DELETE", `${PATH}/${id}`, { token, body: { reason: "x" } }),
    ];
    for (const answer of answers) expect(await codeOf(answer)).toBe("INSUFFICIENT_SCOPE");
    expect(await env.DB.prepare("SELECT id, removed_at FROM publishers").first()).toEqual({ id, removed_at: null });
  },
);
