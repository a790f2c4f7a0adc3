import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ask, codeOf } from "../../support/admin-request.ts";
import { act, read, send, signedIn } from "../../support/console-admin.ts";
import { count } from "../../support/license-fixture.ts";
import { addPublisher, exchange, OWN_WORKER, serveKeysOf } from "../../support/publishing.ts";
import { REPOSITORY, RunIssuer } from "../../support/workflow-run.ts";

const NEW = "/admin/publishers/new";

const form = (changes: Record<string, string> = {}): Record<string, string> => ({
  ...{ ...REPOSITORY, workflow: "release.yml", environment: "release", refs: "refs/tags/v*\r\nrefs/heads/main" },
  ...{ [OWN_WORKER]: "yes", reason: "CI publishes", ...changes },
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("trusted publishers in the console", () => {
  it("are added after a preview that names everything, and shown in the list", async () => {
    const owner = await signedIn();
    const { preview, response } = await act(owner, NEW, form());
    for (const said of [REPOSITORY.repository_id, OWN_WORKER, "refs/heads/main", "environment release"]) {
      expect(preview).toContain(said);
    }
    expect(response.headers.get("Location")).toBe("/admin/publishers?done=add");
    const list = await read(owner, "/admin/publishers?done=add");
    expect(list).toContain("The publisher is added");
    expect(list).toContain(`${REPOSITORY.repository} release.yml`);
    expect(await env.DB.prepare("SELECT refs, worker_ids FROM publishers").first()).toEqual({
      refs: '["refs/tags/v*","refs/heads/main"]',
      worker_ids: `["${OWN_WORKER}"]`,
    });
  });

  it("nothing is added by a preview, which warns of a missing environment", async () => {
    const owner = await signedIn();
    const preview = await (await send(owner, NEW, form({ environment: "" }))).text();
    expect(preview).toContain("everybody who may push such a tag or branch can publish");
    expect(await count("publishers")).toBe(0);
  });

  it.each<[string, Record<string, string>, string]>([
    ["a repository's URL", { repository: "https://github.com/a/b" }, "It must be OWNER/REPO."],
    ["no repository id", { repository_id: "" }, "Please fill this in."],
    ["a name for an id", { repository_owner_id: "rbee-dev" }, "It must be a number."],
    ["another file", { workflow: "release.sh" }, "It must be a file of .github/workflows"],
    ["every branch", { refs: "refs/heads/*" }, "It must not name every tag or branch."],
    ["no ref", { refs: " " }, "Please fill this in."],
    ["no worker", { [OWN_WORKER]: "" }, "worker"],
    ["no reason", { reason: " " }, "Please say why"],
  ])("%s is refused in words", async (_name, changes, says) => {
    const response = await send(await signedIn(), NEW, form(changes));
    expect(response.status).toBe(422);
    expect(await response.text()).toContain(says);
  });

  it("a second one for the same workflow and environment is refused by the preview already", async () => {
    const id = await addPublisher();
    const response = await send(await signedIn(), NEW, form());
    expect(response.status).toBe(409);
    expect(await response.text()).toContain(id);
  });

  it("are removed after a preview that counts the tokens which end", async () => {
    const id = await addPublisher();
    const issuer = await RunIssuer.open();
    serveKeysOf(issuer);
    const { token } = await (await exchange(await issuer.sign())).json<{ token: string }>();
    const owner = await signedIn();
    const { preview, response } = await act(owner, `/admin/publishers/${id}/remove`, { reason: "moved" });
    expect(preview).toContain("1 token in force");
    expect(response.headers.get("Location")).toBe("/admin/publishers?done=remove");
    expect(await codeOf(await ask("GET", "/v1/admin/releases", { token }))).toBe("TOKEN_INVALID");
    const list = await read(owner, "/admin/publishers");
    expect(list).toContain("Removed");
    expect(list).not.toContain(`/admin/publishers/${id}/remove`);
    expect(await read(owner, `/admin/audit?actor=publisher%3A${id}`)).toContain("Token given to a workflow run");
  });
});
