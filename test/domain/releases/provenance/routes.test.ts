import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import { createRelease, moveRelease } from "../../../../src/domain/releases/act.ts";
import { deleteArtifact } from "../../../../src/domain/releases/artifact/store.ts";
import type { Artifact, Release } from "../../../../src/domain/releases/store.ts";
import type { ReleaseSchema } from "../../../../src/domain/releases/view.ts";
import type { ActorName } from "../../../../src/platform/storage/ledger.ts";
import { ask, codeOf, makeToken } from "../../../support/admin-request.ts";
import { provenanceOf } from "../../../support/provenance-text.ts";
import { addFile, publisher, publishRelease, randomBytes, sha256Hex } from "../../../support/publish-release.ts";

const worker_id = "llm-worker-rbee-premium-cpu";
const at = `/v1/workers/${worker_id}`;
let token = "";
let actor: ActorName = "system";
beforeEach(async () => {
  const made = await makeToken(["releases:write", "releases:withdraw"]);
  token = made.token;
  actor = `token:${made.record.id}`;
});

const get = (path: string): Promise<Response> =>
  exports.default.fetch(`https://catalog.test${path}`, { redirect: "manual" });
const attach = (id: string, body: BodyInit): Promise<Response> =>
  exports.default.fetch(`https://catalog.test/v1/admin/releases/${id}/provenance`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${token}` },
    body,
  });
const act = (id: string, action: string) =>
  ask("POST", `/v1/admin/releases/${id}/${action}`, { token, body: { reason: "test" } });
const audited = async () =>
  (await env.DB.prepare("SELECT subject FROM audit WHERE action = 'release.provenance'").all()).results;
const sumOf = (text: string): Promise<string> => sha256Hex(new Uint8Array(new TextEncoder().encode(text)));
const textOf = async (response: Response): Promise<string> => new TextDecoder().decode(await response.arrayBuffer());

/** A draft with one file that is all there. */
async function draftWithFile(): Promise<{ draft: Release; file: Artifact }> {
  const draft = await createRelease(env.DB, publisher(), {
    worker_id,
    version: "1.0.0",
    channel: "stable",
    notes: null,
  });
  return { draft, file: await addFile(draft.id, { bytes: randomBytes(100) }) };
}

describe("provenance of a release", () => {
  it("is attached to a draft, replaced there, and public once the release is published", async () => {
    const { draft, file } = await draftWithFile();
    const first = provenanceOf(file, file);
    const text = provenanceOf(file);
    expect((await attach(draft.id, first)).status).toBe(200);
    const { release } = await (await attach(draft.id, text)).json<{ release: z.infer<typeof ReleaseSchema> }>();
    const facts = { sha256: await sumOf(text), size: text.length };
    expect(release.provenance).toMatchObject({ ...facts, subjects: [file.filename] });
    expect(await codeOf(await get(`${at}/1.0.0/provenance`))).toBe("VERSION_NOT_FOUND");

    expect((await act(draft.id, "publish")).status).toBe(200);
    const served = await get(`${at}/latest/provenance`);
    expect([served.status, await textOf(served)]).toEqual([200, text]);
    expect(served.headers.get("Content-Type")).toBe("application/x-ndjson");
    expect(served.headers.get("ETag")).toBe(`"${facts.sha256}"`);
    const listed = await (await get(`${at}/versions`)).json<{ versions: { provenance_url: string }[] }>();
    expect(listed.versions[0]?.provenance_url).toBe(`${at}/1.0.0/provenance`);
    const index = await (await get(`${at}/index.json`)).json<{ versions: { provenance_sha256: string }[] }>();
    expect(index.versions[0]?.provenance_sha256).toBe(facts.sha256);
    expect(await audited()).toEqual([{ subject: draft.id }, { subject: draft.id }]);
  });

  it("is beside each file that it attests, without a credential, and beside no other file", async () => {
    const files = [{ bytes: randomBytes(100) }, { bytes: randomBytes(100), platform: "linux-aarch64" as const }];
    const { id, artifacts } = await publishRelease({ actor, worker_id, version: "1.0.0", files });
    const [attested, other] = artifacts;
    if (!attested || !other) throw new Error("two files were published");
    expect((await attach(id, provenanceOf(attested))).status).toBe(200);
    const redirect = await get(`${at}/latest/files/${attested.filename}.intoto.jsonl`);
    expect([redirect.status, redirect.headers.get("Location")]).toEqual([302, `${at}/1.0.0/provenance`]);
    expect(await codeOf(await get(`${at}/1.0.0/files/${other.filename}.intoto.jsonl`))).toBe("ARTIFACT_NOT_FOUND");
  });

  it("may be attached once after publication, and the same provenance again changes nothing", async () => {
    const { id, artifacts } = await publishRelease({ actor, worker_id, version: "1.0.0" });
    expect(await codeOf(await get(`${at}/1.0.0/provenance`))).toBe("ARTIFACT_NOT_FOUND");
    const text = provenanceOf(...artifacts);
    for (let time = 0; time < 2; time++) expect((await attach(id, text)).status).toBe(200);
    expect(await textOf(await get(`${at}/1.0.0/provenance`))).toBe(text);
    expect(await audited()).toHaveLength(1);
    expect(await codeOf(await attach(id, provenanceOf(...artifacts, ...artifacts)))).toBe("CONFLICT");
    expect(await textOf(await get(`${at}/1.0.0/provenance`))).toBe(text);
  });

  it("is attached once by two concurrent publishers", async () => {
    const { id, artifacts } = await publishRelease({ actor, worker_id, version: "1.0.0" });
    const texts = [provenanceOf(...artifacts), provenanceOf(...artifacts, ...artifacts)];
    const statuses = await Promise.all(texts.map(async (text) => (await attach(id, text)).status));
    expect(statuses.sort()).toEqual([200, 409]);
    expect(await audited()).toHaveLength(1);
  });

  it("is refused for a blocked release, and served for a yanked one", async () => {
    const { id, artifacts } = await publishRelease({ actor, worker_id, version: "1.0.0" });
    const text = provenanceOf(...artifacts);
    await attach(id, text);
    await act(id, "yank");
    expect(await textOf(await get(`${at}/1.0.0/provenance`))).toBe(text);
    await act(id, "block");
    expect(await codeOf(await get(`${at}/1.0.0/provenance`))).toBe("RELEASE_BLOCKED");
    expect(await codeOf(await attach(id, provenanceOf(...artifacts, ...artifacts)))).toBe("CONFLICT");
  });
});

describe("invalid provenance", () => {
  it("is refused with the place of the fault", async () => {
    const { draft, file } = await draftWithFile();
    const other = { ...file, sha256: "cd".repeat(32) };
    for (const [body, path] of [
      ["", "attestations"],
      ["[]", "attestations.0"],
      [new Uint8Array([0xff, 0xfe]), "attestations"],
      [provenanceOf(file, other), "subject"],
      [provenanceOf({ ...file, filename: "other" }), "subject"],
    ] as const) {
      const response = await attach(draft.id, body);
      expect(response.status).toBe(422);
      const { code, errors } = await response.json<{ code: string; errors: { path: string }[] }>();
      expect([code, errors.map((fault) => fault.path)]).toEqual(["VALIDATION_FAILED", [path]]);
    }
    expect(await codeOf(await attach(draft.id, " ".repeat(1024 * 1024 + 1)))).toBe("PAYLOAD_TOO_LARGE");
    expect(await codeOf(await attach("rel_none", provenanceOf(file)))).toBe("VERSION_NOT_FOUND");
    expect(await audited()).toEqual([]);
  });

  it("is detected at publication if the draft's files have changed", async () => {
    const { draft, file } = await draftWithFile();
    await attach(draft.id, provenanceOf(file));
    await deleteArtifact(env.DB, publisher(), file);
    await addFile(draft.id, { bytes: randomBytes(100) });
    await expect(moveRelease(env.DB, publisher(), draft.id, "publish", null)).rejects.toMatchObject({
      code: "CONFLICT",
      detail: expect.stringContaining(file.filename),
    });
  });

  it("has a name that no file may have", async () => {
    const { id } = await createRelease(env.DB, publisher(), {
      worker_id,
      version: "1.0.0",
      channel: "stable",
      notes: null,
    });
    const file = { platform: "linux-x86_64", filename: "worker.intoto.jsonl", size: 1, sha256: "ab".repeat(32) };
    const response = await ask("POST", `/v1/admin/releases/${id}/artifacts`, { token, body: file });
    expect(await codeOf(response)).toBe("VALIDATION_FAILED");
  });
});
