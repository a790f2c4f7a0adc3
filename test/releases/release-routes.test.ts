import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import { app } from "../../src/app.ts";
import { formatMinisignPublicKey } from "../../src/releases/minisign.ts";
import { generateMinisignKey } from "../../src/releases/minisign-secret-key.ts";
import type { ArtifactUpload, ReleaseSchema } from "../../src/releases/release-view.ts";
import { PART_SIZE } from "../../src/releases/upload-plan.ts";
import { ask, codeOf, makeToken } from "../admin/admin-request.ts";
import { declarationOf, randomBytes } from "./publish-release.ts";

type Release = z.infer<typeof ReleaseSchema>;
type Upload = z.infer<typeof ArtifactUpload>;

const worker_id = "llm-worker-rbee-premium-cpu";
const bytes = randomBytes(5000);
let token = "";
beforeEach(async () => {
  ({ token } = await makeToken(["releases:write"]));
});

const post = (path: string, body?: unknown) => ask("POST", `/v1/admin/releases${path}`, { token, body });
const get = (path: string) => ask("GET", `/v1/admin/releases${path}`, { token });
const put = (path: string, body: BodyInit) =>
  exports.default.fetch(`https://catalog.test/v1/admin/releases${path}`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${token}` },
    body,
  });
const release = async (response: Promise<Response>) => (await (await response).json<{ release: Release }>()).release;
const listing = async (query = "") =>
  (await exports.default.fetch(`https://catalog.test/v1/workers/${worker_id}/versions${query}`)).json<{
    latest: string | null;
    versions: { version: string; status: string; artifacts: object[] }[];
  }>();
const audited = async (action: string) =>
  (await env.DB.prepare("SELECT reason FROM audit WHERE action = ?").bind(action).all()).results;

async function draft(version = "1.0.0"): Promise<Release> {
  return release(post("", { worker_id, version }));
}

async function ready(version = "1.0.0"): Promise<Release> {
  const { id } = await draft(version);
  const declared = await post(`/${id}/artifacts`, await declarationOf({ bytes }));
  const { artifact } = await declared.json<Upload>();
  await put(`/${id}/artifacts/${artifact.id}/parts/1`, bytes);
  await post(`/${id}/artifacts/${artifact.id}/complete`);
  return release(get(`/${id}`));
}

describe("deleting a draft over HTTP", () => {
  const remove = (id: string) => ask("DELETE", `/v1/admin/releases/${id}`, { token });

  it("frees its version, and never takes what was offered", async () => {
    const { id } = await ready();
    expect((await remove(id)).status).toBe(204);
    const again = await remove(id);
    expect([again.status, await codeOf(again)]).toEqual([404, "VERSION_NOT_FOUND"]);
    const second = await ready();
    await post(`/${second.id}/publish`);
    const refused = await remove(second.id);
    expect([refused.status, await codeOf(refused)]).toEqual([409, "CONFLICT"]);
    expect((await listing()).latest).toBe("1.0.0");
  });
});

describe("publishing over HTTP", () => {
  it("goes from draft to offered, and offers nothing before", async () => {
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

  it("takes each step twice, and records it once", async () => {
    const { id } = await ready();
    const first = await release(post(`/${id}/publish`));
    expect(await release(post(`/${id}/publish`))).toEqual(first);
    expect(await audited("release.publish")).toHaveLength(1);
    const both = await Promise.all([1, 2].map(() => post(`/${id}/yank`, { reason: "crashes" })));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(await audited("release.yank")).toEqual([{ reason: "crashes" }]);
  });

  it("yanks, takes it back, and blocks for good", async () => {
    const { id } = await ready();
    const { published_at } = await release(post(`/${id}/publish`));
    expect(await release(post(`/${id}/yank`, { reason: "crashes" }))).toMatchObject({ status: "yanked", published_at });
    expect(await listing()).toMatchObject({ latest: null, versions: [] });
    expect((await listing("?include_yanked=true")).versions).toMatchObject([{ version: "1.0.0", status: "yanked" }]);
    expect((await post(`/${id}/publish`)).status).toBe(409);
    expect(await release(post(`/${id}/unyank`))).toMatchObject({ status: "published", published_at });
    expect((await listing()).latest).toBe("1.0.0");
    expect(await release(post(`/${id}/block`, { reason: "takedown" }))).toMatchObject({ status: "blocked" });
    expect((await listing("?include_yanked=1")).versions).toEqual([]);
    for (const action of ["publish", "unyank"]) expect((await post(`/${id}/${action}`)).status).toBe(409);
    expect((await post(`/${id}/yank`, { reason: "x" })).status).toBe(409);
  });

  it("takes a reason that is none only if it is left out", async () => {
    const { id } = await ready();
    await post(`/${id}/publish`);
    for (const body of [{ reason: "  " }, { reason: "x".repeat(501) }, { because: "x" }]) {
      expect(await codeOf(await post(`/${id}/yank`, body))).toBe("VALIDATION_FAILED");
    }
    expect(await release(post(`/${id}/yank`, { reason: null }))).toMatchObject({ status: "yanked" });
    expect(await release(post(`/${id}/block`))).toMatchObject({ status: "blocked" });
  });

  it("takes a media type with no body behind it for no body", async () => {
    const { id } = await ready();
    for (const type of ["application/json", "application/x-www-form-urlencoded"]) {
      for (const body of [undefined, ""]) {
        const headers = { "Content-Type": type };
        const response = await ask("POST", `/v1/admin/releases/${id}/publish`, { token, body, headers });
        expect([type, response.status]).toEqual([type, 200]);
      }
    }
  });
});

describe("where signatures are required", () => {
  it("a file is ready only with one by a key of this deployment", async () => {
    const key = await generateMinisignKey();
    const { keyId, key: publicKey } = key;
    const strict = {
      ...env,
      RELEASE_SIGNATURES: "required",
      RELEASE_SIGNING_PUBLIC_KEYS: formatMinisignPublicKey({ keyId, key: publicKey }),
    };
    const { id } = await draft();
    const { artifact } = await (await post(`/${id}/artifacts`, await declarationOf({ bytes }))).json<Upload>();
    const at = `/v1/admin/releases/${id}/artifacts/${artifact.id}`;
    await put(`/${id}/artifacts/${artifact.id}/parts/1`, bytes);
    const complete = async (signature: string | null) =>
      app.request(
        `${at}/complete`,
        {
          method: "POST",
          headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
          body: JSON.stringify({ signature }),
        },
        strict,
      );
    const { signature: strangers } = await declarationOf({ bytes, secretKey: await generateMinisignKey() });
    for (const signature of [null, strangers]) {
      const refused = await complete(signature);
      expect(refused.status).toBe(422);
      expect(await refused.json()).toMatchObject({ code: "VALIDATION_FAILED", errors: [{ path: "signature" }] });
    }
    expect((await post(`/${id}/publish`)).status).toBe(409);
    const { signature } = await declarationOf({ bytes, secretKey: key });
    expect((await complete(signature)).status).toBe(200);
    expect(await release(get(`/${id}`))).toMatchObject({ artifacts: [{ state: "ready", signature }] });
  });
});

describe("a draft", () => {
  it("is refused for an unknown worker, an unfit version or channel, and a version that is taken", async () => {
    const { id } = await draft();
    for (const [body, code] of [
      [{ worker_id: "nobody", version: "1.0.0" }, "WORKER_NOT_FOUND"],
      [{ worker_id, version: "v2.0.0" }, "VALIDATION_FAILED"],
      [{ worker_id, version: "2.0.0+build" }, "VALIDATION_FAILED"],
      [{ worker_id, version: "2.0.0-rc.1", channel: "stable" }, "VALIDATION_FAILED"],
      [{ worker_id, version: "2.0.0", channel: "nightly" }, "VALIDATION_FAILED"],
      [{ worker_id }, "VALIDATION_FAILED"],
      [{ worker_id, version: "2.0.0", extra: 1 }, "VALIDATION_FAILED"],
      ["{", "MALFORMED_REQUEST"],
      [{ worker_id, version: "2.0.0", notes: "x".repeat(70_000) }, "PAYLOAD_TOO_LARGE"],
    ] as const) {
      expect(await codeOf(await post("", body))).toBe(code);
    }
    const taken = await post("", { worker_id, version: "1.0.0" });
    expect(taken.status).toBe(409);
    expect(await taken.json()).toMatchObject({ code: "CONFLICT", detail: expect.stringContaining(id) });
  });

  it("takes no file whose name could be another's, nor facts that cannot be", async () => {
    const { id } = await draft();
    const file = await declarationOf({ bytes });
    for (const fault of [
      ...["../x", "a/b", "a\\b", ".hidden", "a..b", "x\0", "", "x.minisig", "x.SIG", "ü", "a b", "x".repeat(129)].map(
        (filename) => ({ filename }),
      ),
      ...[0, -1, 1.5, "5", 2 ** 40].map((size) => ({ size })),
      { sha256: "abc" },
      { platform: "beos" },
    ]) {
      const response = await post(`/${id}/artifacts`, { ...file, ...fault });
      expect([JSON.stringify(fault), await codeOf(response)]).toEqual([JSON.stringify(fault), "VALIDATION_FAILED"]);
    }
    expect((await release(get(`/${id}`))).artifacts).toEqual([]);
    const upper = await post(`/${id}/artifacts`, { ...file, sha256: file.sha256.toUpperCase() });
    expect((await upper.json<Upload>()).artifact.sha256).toBe(file.sha256);
    expect((await post(`/${id}/artifacts`, file)).status).toBe(200);
  });

  it("can lose a file again", async () => {
    const { id, artifacts } = await ready();
    const gone = await ask("DELETE", `/v1/admin/releases/${id}/artifacts/${artifacts[0]?.id}`, { token });
    expect(gone.status).toBe(204);
    expect((await release(get(`/${id}`))).artifacts).toEqual([]);
  });
});

describe("a part", () => {
  it("of the wrong size, number, file or release is refused with its code", async () => {
    const { id } = await draft();
    const { artifact } = await (await post(`/${id}/artifacts`, await declarationOf({ bytes }))).json<Upload>();
    const parts = `/${id}/artifacts/${artifact.id}/parts`;
    for (const [path, body, code] of [
      [`${parts}/1`, bytes.subarray(1), "VALIDATION_FAILED"],
      [`${parts}/1`, "", "VALIDATION_FAILED"],
      [`${parts}/2`, bytes, "VALIDATION_FAILED"],
      [`${parts}/0`, bytes, "VALIDATION_FAILED"],
      [`${parts}/-1`, bytes, "VALIDATION_FAILED"],
      [`${parts}/1e1`, bytes, "VALIDATION_FAILED"],
      [`${parts}/999999999999`, bytes, "VALIDATION_FAILED"],
      [`/${id}/artifacts/art_x/parts/1`, bytes, "ARTIFACT_NOT_FOUND"],
      [`/rel_x/artifacts/${artifact.id}/parts/1`, bytes, "ARTIFACT_NOT_FOUND"],
      [`/%00/artifacts/..%2f/parts/1`, bytes, "ARTIFACT_NOT_FOUND"],
    ] as const) {
      expect([path, await codeOf(await put(path, body))]).toEqual([path, code]);
    }
    expect((await put(`${parts}/1`, bytes)).status).toBe(200);
  });
});

describe("the list of releases", () => {
  it("is filtered and paged, latest made first", async () => {
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
