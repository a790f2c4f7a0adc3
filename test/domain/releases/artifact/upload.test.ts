import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { createRelease, moveRelease } from "../../../../src/domain/releases/act.ts";
import { completeArtifact } from "../../../../src/domain/releases/artifact/completion.ts";
import { PART_SIZE } from "../../../../src/domain/releases/artifact/plan.ts";
import { readUpload } from "../../../../src/domain/releases/artifact/store.ts";
import { declareArtifact, removeArtifact, uploadPart } from "../../../../src/domain/releases/artifact/upload.ts";
import { type Artifact, readRelease } from "../../../../src/domain/releases/store.ts";
import { declarationOf, partOf, publisher, randomBytes, uploadAll } from "../../../support/publish-release.ts";

const POLICY = { signature: null, policy: { required: false, keys: [] } };
const bytes = randomBytes(PART_SIZE + 1000);
let releaseId = "";
let artifact: Artifact;

const send = (n: number, part = partOf(artifact, bytes, n)) => uploadPart(env, publisher(), artifact, n, part);
const complete = async () =>
  (await completeArtifact(env, publisher(), { releaseId, id: artifact.id }, POLICY)).artifact;
const reread = () => readUpload(env.DB, releaseId, artifact.id);
const partsThere = async () => (await reread()).parts.map(({ part }) => part);
const objects = async () => (await env.BINARIES.list()).objects.map(({ key }) => key);

beforeEach(async () => {
  const draft = { worker_id: "llm-worker-rbee-premium-cpu", version: "1.0.0", channel: "stable", notes: null } as const;
  releaseId = (await createRelease(env.DB, publisher(), draft)).id;
  ({ artifact } = await declareArtifact(env, publisher(), releaseId, await declarationOf({ bytes })));
});

describe("a file of several parts", () => {
  it("is complete if its parts come concurrently, in any order, and repeatedly", async () => {
    await Promise.all([send(2), send(1)]);
    expect(await partsThere()).toEqual([1, 2]);
    await send(2);
    const ready = await complete();
    expect(ready.state).toBe("ready");
    const object = await env.BINARIES.get(ready.object_key);
    expect(object?.httpMetadata?.contentDisposition).toBe('attachment; filename="worker-linux-x86_64"');
    expect(Buffer.from((await object?.arrayBuffer()) ?? new ArrayBuffer(0)).equals(bytes)).toBe(true);
  });

  it("resumes after an interruption with the missing parts", async () => {
    await send(2);
    expect(await partsThere()).toEqual([2]);
    await expect(complete()).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      extras: { errors: [{ path: "parts", message: "Parts are missing: 1." }] },
    });
    await send(1);
    expect(await complete()).toMatchObject({ state: "ready" });
  });

  it("refuses a part of another size, with and without Content-Length", async () => {
    const short = bytes.subarray(0, 999);
    const long = bytes.subarray(0, 1001);
    const stream = (part: Uint8Array<ArrayBuffer>) => new Blob([part]).stream();
    for (const part of [
      { body: stream(short), length: null },
      { body: stream(long), length: null },
      { body: stream(short), length: 999 },
      { body: null, length: null },
    ]) {
      await expect(send(2, part)).rejects.toMatchObject({
        code: "VALIDATION_FAILED",
        detail: "Part 2 has exactly 1000 bytes.",
      });
    }
    expect(await partsThere()).toEqual([]);
    await send(2);
    expect(await partsThere()).toEqual([2]);
  });

  it("has no part beyond its last", async () => {
    const part = () => partOf(artifact, bytes, 1);
    for (const n of [0, 3]) await expect(send(n, part())).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("refuses a part once it is complete, and a second completion changes nothing", async () => {
    await uploadAll(artifact, bytes);
    const ready = await complete();
    await expect(uploadPart(env, publisher(), ready, 1, partOf(ready, bytes, 1))).rejects.toMatchObject({
      code: "CONFLICT",
    });
    // A request that read the row before it was complete is no danger either.
    await expect(send(1)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await complete()).toEqual(ready);
    expect(await complete()).toEqual(ready);
    expect(await objects()).toEqual([ready.object_key]);
  });
});

describe("an upload that storage has lost", () => {
  it("is replaced at the next part, and every part must be sent again", async () => {
    await send(1);
    await env.BINARIES.resumeMultipartUpload(artifact.object_key, artifact.upload_id).abort();
    await expect(send(2)).rejects.toMatchObject({
      code: "CONFLICT",
      detail: expect.stringMatching(/every part again/),
    });
    expect(await partsThere()).toEqual([]);
    ({ artifact } = await reread());
    await uploadAll(artifact, bytes);
    expect(await complete()).toMatchObject({ state: "ready" });
  });

  it("is replaced once at completion, also by concurrent requests", async () => {
    await uploadAll(artifact, bytes);
    await env.BINARIES.resumeMultipartUpload(artifact.object_key, artifact.upload_id).abort();
    const tries = [1, 2].map(() => complete());
    for (const one of await Promise.allSettled(tries)) {
      expect(one).toMatchObject({ status: "rejected", reason: { code: "CONFLICT" } });
    }
    const { results } = await env.DB.prepare("SELECT action FROM audit WHERE action = 'artifact.restart'").all();
    expect(results).toHaveLength(1);
    expect(await partsThere()).toEqual([]);
  });
});

describe("declaring a file", () => {
  it("twice finds the existing artifact, also with concurrent requests", async () => {
    const again = await declareArtifact(env, publisher(), releaseId, await declarationOf({ bytes }));
    expect(again).toEqual({ artifact, created: false });
    const other = await declarationOf({ bytes: randomBytes(10), platform: "macos-aarch64" });
    const both = await Promise.all([1, 2, 3].map(() => declareArtifact(env, publisher(), releaseId, other)));
    expect(new Set(both.map((one) => one.artifact.id)).size).toBe(1);
    expect(both.filter(({ created }) => created)).toHaveLength(1);
  });

  it("keeps its upload if the ledger's answer is lost", async () => {
    const other = randomBytes(10);
    let lost = 0;
    const batch = async (statements: D1PreparedStatement[]) => {
      const results = await env.DB.batch(statements);
      // Reads come in batches as well: the first that has written something is the one that adds the file.
      if (results.every(({ meta }) => meta.changes === 0) || lost++ > 0) return results;
      throw new Error("D1_ERROR: Network connection lost.");
    };
    const DB = Object.assign(Object.create(env.DB), { prepare: env.DB.prepare.bind(env.DB), batch });
    const file = await declarationOf({ bytes: other, platform: "macos-aarch64" });
    const declared = await declareArtifact({ ...env, DB }, publisher(), releaseId, file);
    expect([lost, declared.created]).toEqual([1, true]);
    await uploadAll(declared.artifact, other);
    expect(await completeArtifact(env, publisher(), { releaseId, id: declared.artifact.id }, POLICY)).toMatchObject({
      artifact: { state: "ready" },
    });
  });

  it("with other facts is a conflict", async () => {
    const file = await declarationOf({ bytes });
    for (const other of [
      { ...file, size: 5 },
      { ...file, sha256: "0".repeat(64) },
      { ...file, filename: "other" },
      { ...file, platform: "linux-aarch64" as const },
    ]) {
      const detail = expect.stringContaining(artifact.id);
      await expect(declareArtifact(env, publisher(), releaseId, other)).rejects.toMatchObject({
        code: "CONFLICT",
        detail,
      });
    }
  });

  it("is for drafts only, like removing a file", async () => {
    await uploadAll(artifact, bytes);
    await complete();
    await moveRelease(env.DB, publisher(), releaseId, "publish", null);
    const more = await declarationOf({ bytes, platform: "linux-aarch64" });
    await expect(declareArtifact(env, publisher(), releaseId, more)).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(removeArtifact(env, publisher(), releaseId, artifact.id)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await objects()).toHaveLength(1);
  });
});

describe("removing a file from a draft", () => {
  it("deletes its bytes and parts, finished or not", async () => {
    await send(1);
    await removeArtifact(env, publisher(), releaseId, artifact.id);
    await expect(send(2)).rejects.toMatchObject({ code: "CONFLICT" });
    ({ artifact } = await declareArtifact(env, publisher(), releaseId, await declarationOf({ bytes })));
    await uploadAll(artifact, bytes);
    await complete();
    await removeArtifact(env, publisher(), releaseId, artifact.id);
    expect((await readRelease(env.DB, releaseId)).artifacts).toEqual([]);
    expect(await objects()).toEqual([]);
    await expect(reread()).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
  });
});
