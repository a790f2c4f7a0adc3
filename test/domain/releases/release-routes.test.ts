import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { PART_SIZE } from "../../../src/domain/releases/artifact/plan.ts";
import { ask, codeOf, makeToken } from "../../support/admin-request.ts";
import { declarationOf } from "../../support/publish-release.ts";
import {
  authorization,
  bytes,
  draft,
  get,
  listing,
  newPublisher,
  post,
  put,
  type Release,
  ready,
  releaseOf,
  type Upload,
  worker_id,
} from "../../support/release-requests.ts";

beforeEach(newPublisher);

const audited = async (action: string) =>
  (await env.DB.prepare("SELECT reason FROM audit WHERE action = ?").bind(action).all()).results;

describe("publishing over HTTP", () => {
  it("leads from draft to published, and offers nothing before", async () => {
    const created = await post("", { worker_id: "premium-cpu", version: "1.0.0-rc.1", notes: "First." });
    expect(created.status).toBe(201);
    const { release: drafted } = await created.json<{ release: Release }>();
    expect(drafted).toMatchObject({ worker_id, channel: "rc", status: "draft", notes: "First.", artifacts: [] });
    const empty = await post(`/${drafted.id}/publish`);
    expect([empty.status, await codeOf(empty)]).toEqual([409, "CONFLICT"]);

    const declaration = await declarationOf({ bytes });
    const declared = await post(`/${drafted.id}/artifacts`, declaration);
    expect(declared.status).toBe(201);
    const { artifact, upload } = await declared.json<Upload>();
    const { platform, filename, size, sha256 } = declaration;
    const facts = { kind: "binary", platform, filename, size, sha256, signature: null, pgp_signature: null };
    expect(artifact).toMatchObject({ ...facts, state: "uploading", completed_at: null });
    expect(upload).toEqual({ part_size: PART_SIZE, part_count: 1, parts: [] });
    const unfinished = await post(`/${drafted.id}/publish`);
    expect(unfinished.status).toBe(409);
    expect(await unfinished.json()).toMatchObject({ detail: expect.stringContaining(artifact.filename) });

    const at = `/${drafted.id}/artifacts/${artifact.id}`;
    const part = await put(`${at}/parts/1`, bytes);
    expect(part.status).toBe(200);
    const { etag } = await part.json<{ etag: string }>();
    expect(await (await get(at)).json<Upload>()).toMatchObject({ upload: { parts: [{ part: 1, etag, size: 5000 }] } });
    expect((await listing("?channel=rc")).versions).toEqual([]);
    expect((await post(`/${drafted.id}/publish`)).status).toBe(409);

    const completed = await post(`${at}/complete`);
    expect(completed.status).toBe(200);
    expect(await completed.json()).toMatchObject({ artifact: { id: artifact.id, state: "ready" } });
    expect((await listing("?channel=rc")).versions).toEqual([]);

    const published = await post(`/${drafted.id}/publish`, {});
    expect(published.status).toBe(200);
    expect(await published.json()).toMatchObject({
      release: { status: "published", published_at: expect.any(String) },
    });
    expect(await listing("?channel=rc")).toMatchObject({
      latest: "1.0.0-rc.1",
      versions: [{ version: "1.0.0-rc.1", artifacts: [{ platform, filename, size, sha256 }] }],
    });
    expect((await listing()).latest).toBeNull();
  });

  it("accepts each step twice, and records it once", async () => {
    const { id } = await ready();
    const first = await releaseOf(post(`/${id}/publish`));
    expect(await releaseOf(post(`/${id}/publish`))).toEqual(first);
    expect(await audited("release.publish")).toHaveLength(1);
    const both = await Promise.all([1, 2].map(() => post(`/${id}/yank`, { reason: "crashes" })));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(await audited("release.yank")).toEqual([{ reason: "crashes" }]);
  });

  it("yanks, unyanks, and blocks for good", async () => {
    const { id } = await ready();
    const { published_at } = await releaseOf(post(`/${id}/publish`));
    expect(await releaseOf(post(`/${id}/yank`, { reason: "crashes" }))).toMatchObject({
      status: "yanked",
      published_at,
    });
    expect(await listing()).toMatchObject({ latest: null, versions: [] });
    expect((await listing("?include_yanked=true")).versions).toMatchObject([{ version: "1.0.0", status: "yanked" }]);
    expect((await post(`/${id}/publish`)).status).toBe(409);
    expect(await releaseOf(post(`/${id}/unyank`))).toMatchObject({ status: "published", published_at });
    expect((await listing()).latest).toBe("1.0.0");
    expect(await releaseOf(post(`/${id}/block`, { reason: "takedown" }))).toMatchObject({ status: "blocked" });
    expect((await listing("?include_yanked=1")).versions).toEqual([]);
    for (const action of ["publish", "unyank"]) expect((await post(`/${id}/${action}`)).status).toBe(409);
    expect((await post(`/${id}/yank`, { reason: "x" })).status).toBe(409);
  });

  it("accepts a missing reason, but not an empty one", async () => {
    const { id } = await ready();
    await post(`/${id}/publish`);
    for (const body of [{ reason: "  " }, { reason: "x".repeat(501) }, { because: "x" }]) {
      expect(await codeOf(await post(`/${id}/yank`, body))).toBe("VALIDATION_FAILED");
    }
    expect(await releaseOf(post(`/${id}/yank`, { reason: null }))).toMatchObject({ status: "yanked" });
    expect(await releaseOf(post(`/${id}/block`))).toMatchObject({ status: "blocked" });
  });

  it("treats a Content-Type without a body as no body", async () => {
    const { id } = await ready();
    for (const type of ["application/json", "application/x-www-form-urlencoded"]) {
      for (const body of [undefined, ""]) {
        const url = `https://catalog.test/v1/admin/releases/${id}/publish`;
        const headers = { "Content-Type": type, ...authorization() };
        // By HTTP, where an empty body has a length.
        const response = await exports.default.fetch(url, { method: "POST", headers, ...(body === "" && { body }) });
        expect([type, response.status]).toEqual([type, 200]);
      }
    }
  });
});

describe("the list of releases", () => {
  it("is filtered and paged, newest first", async () => {
    const made: string[] = [];
    for (const version of ["1.0.0", "1.1.0", "1.2.0"]) made.unshift((await draft(version)).id);
    await post("", { worker_id: "premium-cuda", version: "1.0.0" });
    type Page = { releases: Release[]; next_cursor: string | null };
    const first = await (await get(`?worker_id=${worker_id}&limit=2`)).json<Page>();
    const second = await (await get(`?worker_id=premium-cpu&limit=2&cursor=${first.next_cursor}`)).json<Page>();
    expect([...first.releases, ...second.releases].map(({ id }) => id)).toEqual(made);
    expect(second.next_cursor).toBeNull();
    expect(await (await get("?status=published")).json()).toEqual({ releases: [], next_cursor: null });
    expect(await codeOf(await get("?status=lost"))).toBe("VALIDATION_FAILED");
  });
});

describe("every release operation", () => {
  const operations: [string, string][] = [
    ["POST", ""],
    ["GET", ""],
    ["GET", "/rel_x"],
    ["POST", "/rel_x/artifacts"],
    ["GET", "/rel_x/artifacts/art_x"],
    ["DELETE", "/rel_x/artifacts/art_x"],
    ["PUT", "/rel_x/artifacts/art_x/parts/1"],
    ["POST", "/rel_x/artifacts/art_x/complete"],
    ...["publish", "yank", "unyank", "block"].map((action): [string, string] => ["POST", `/rel_x/${action}`]),
  ];

  it.each(operations)("%s %s needs its scope before anything is read", async (method, path) => {
    const url = `/v1/admin/releases${path}`;
    expect(await codeOf(await ask(method, url))).toBe("CREDENTIAL_REQUIRED");
    const { token: other } = await makeToken(["licenses:write"]);
    expect(await codeOf(await ask(method, url, { token: other }))).toBe("INSUFFICIENT_SCOPE");
    const { token: reader } = await makeToken(["releases:read"]);
    const code = await ask(method, url, { token: reader });
    if (method === "GET") expect(code.status).not.toBe(403);
    else expect(await codeOf(code)).toBe("INSUFFICIENT_SCOPE");
  });

  it.each(["publish", "unyank", "yank", "block"])("POST %s of no release is not found", async (action) => {
    expect(await codeOf(await post(`/rel_x/${action}`, { reason: "x" }))).toBe("VERSION_NOT_FOUND");
  });
});
