import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { createRelease, moveRelease } from "../../../../src/domain/releases/act.ts";
import { assembleParts, openUpload } from "../../../../src/domain/releases/artifact/binary-store.ts";
import { completeArtifact } from "../../../../src/domain/releases/artifact/completion.ts";
import { readUpload, recordPart, replaceUpload } from "../../../../src/domain/releases/artifact/store.ts";
import {
  type DeclaredFile,
  declareArtifact,
  restartUpload,
  UPLOAD_LOST,
} from "../../../../src/domain/releases/artifact/upload.ts";
import { type Artifact, readRelease } from "../../../../src/domain/releases/store.ts";
import { generateMinisignKey } from "../../../../src/lib/minisign/secret-key.ts";
import { declarationOf, publisher, randomBytes, uploadAll } from "../../../support/publish-release.ts";

const bytes = randomBytes(100_000);
const key = await generateMinisignKey();
const stranger = await generateMinisignKey();
const UNSIGNED = { signature: null, policy: { required: false, keys: [] } };
const SIGNED = { signature: null, policy: { required: true, keys: [key] } };

let releaseId = "";
beforeEach(async () => {
  const draft = { worker_id: "llm-worker-rbee-premium-cpu", version: "1.0.0", channel: "stable", notes: null } as const;
  releaseId = (await createRelease(env.DB, publisher(), draft)).id;
});

const declare = async (file: DeclaredFile): Promise<Artifact> =>
  (await declareArtifact(env, publisher(), releaseId, file)).artifact;
const uploaded = async (file: DeclaredFile): Promise<Artifact> => {
  const artifact = await declare(file);
  await uploadAll(artifact, bytes);
  return artifact;
};
const complete = async ({ id }: Artifact, given: Parameters<typeof completeArtifact>[3] = UNSIGNED) =>
  (await completeArtifact(env, publisher(), { releaseId, id }, given)).artifact;
const again = ({ id }: Artifact) => readUpload(env.DB, releaseId, id);
const keys = async () => (await env.BINARIES.list()).objects.map((object) => object.key);
const actions = async () =>
  (await env.DB.prepare("SELECT action, reason FROM audit ORDER BY id").all<Record<string, unknown>>()).results;

/**
 * The state after a refusal of a file: the catalog does not offer it, its release cannot be published, its bytes are
 * deleted.
 */
async function expectRefused(artifact: Artifact): Promise<void> {
  expect((await again(artifact)).artifact).toMatchObject({ state: "uploading", completed_at: null });
  await expect(moveRelease(env.DB, publisher(), releaseId, "publish", null)).rejects.toMatchObject({
    code: "CONFLICT",
    detail: expect.stringContaining(artifact.filename),
  });
}

describe("completing a file", () => {
  it("makes a file ready if it matches its declaration and signature", async () => {
    const ready = await complete(await uploaded(await declarationOf({ bytes, secretKey: key })), SIGNED);
    expect(ready).toMatchObject({ state: "ready", size: bytes.length, completed_at: expect.any(Number) });
    expect(ready.object_key).toContain(ready.sha256);
    expect((await actions()).map(({ action }) => action)).toEqual([
      "release.create",
      "artifact.create",
      "artifact.complete",
    ]);
  });

  it("refuses a file with another SHA-256, deletes its bytes and accepts a new upload", async () => {
    const artifact = await uploaded({ ...(await declarationOf({ bytes })), sha256: "0".repeat(64) });
    await expect(complete(artifact)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      extras: { errors: [{ path: "sha256" }] },
    });
    await expectRefused(artifact);
    expect(await keys()).toEqual([]);
    expect((await actions()).at(-1)).toEqual({ action: "artifact.restart", reason: "wrong sha256" });
    const { artifact: fresh, parts } = await again(artifact);
    expect(parts).toEqual([]);
    expect(fresh.object_key).not.toBe(artifact.object_key);
  });

  it("makes a second upload with the right SHA-256 ready", async () => {
    const artifact = await declare(await declarationOf({ bytes }));
    await uploadAll(artifact, randomBytes(bytes.length));
    await expect(complete(artifact)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await uploadAll((await again(artifact)).artifact, bytes);
    expect(await complete(artifact)).toMatchObject({ state: "ready" });
  });

  it("refuses a file whose signature is for another file", async () => {
    const { signature } = await declarationOf({ bytes: randomBytes(10), secretKey: key });
    const artifact = await uploaded({ ...(await declarationOf({ bytes })), signature });
    await expect(complete(artifact, SIGNED)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      extras: { errors: [{ path: "signature", message: "The signature is not over this file." }] },
    });
    await expectRefused(artifact);
    expect(await keys()).toEqual([]);
  });

  it("without the required signature, or with an untrusted one, leaves the upload as it is until the right one comes", async () => {
    const artifact = await uploaded(await declarationOf({ bytes }));
    const { signature: theirs } = await declarationOf({ bytes, secretKey: stranger });
    for (const signature of [null, theirs, "nonsense"]) {
      await expect(complete(artifact, { ...SIGNED, signature })).rejects.toMatchObject({
        code: "VALIDATION_FAILED",
        extras: { errors: [{ path: "signature" }] },
      });
      await expectRefused(artifact);
    }
    const { signature } = await declarationOf({ bytes, secretKey: key });
    expect(await complete(artifact, { ...SIGNED, signature })).toMatchObject({ state: "ready", signature });
  });

  it("finds no file of another release", async () => {
    const { id } = await uploaded(await declarationOf({ bytes }));
    const other = completeArtifact(env, publisher(), { releaseId: "rel_other", id }, UNSIGNED);
    await expect(other).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
  });
});

describe("completing a large file", () => {
  it("keeps the signature that an earlier completion gave, if a later one gives none", async () => {
    const size = 64 * 1024 * 1024;
    const artifact = await declare({ ...(await declarationOf({ bytes })), size });
    // The request reads no bytes: it only asks which parts there are.
    for (let part = 1; part <= 8; part++) await recordPart(env.DB, artifact, { part, etag: "etag", size: 8_388_608 });
    const { signature } = await declarationOf({ bytes, secretKey: key });
    const given = () => env.DB.prepare("SELECT signature FROM artifact_checks").first("signature");
    await complete(artifact, { ...SIGNED, signature });
    await complete(artifact, SIGNED);
    expect(await given()).toBe(signature);
    const { signature: newer } = await declarationOf({ bytes: randomBytes(10), secretKey: key });
    await complete(artifact, { ...SIGNED, signature: newer });
    expect(await given()).toBe(newer);
  });
});

describe("two requests that complete a file at once", () => {
  it("both succeed, and the audit trail has one entry", async () => {
    const artifact = await uploaded(await declarationOf({ bytes }));
    const both = await Promise.all([complete(artifact), complete(artifact), complete(artifact)]);
    expect(new Set(both.map((one) => one.object_key))).toEqual(new Set([artifact.object_key]));
    expect((await actions()).filter(({ action }) => action === "artifact.complete")).toHaveLength(1);
    expect(await keys()).toEqual([artifact.object_key]);
  });

  it("never delete the bytes of the ready file", async () => {
    const artifact = await uploaded(await declarationOf({ bytes, secretKey: key }));
    const { signature } = await declarationOf({ bytes: randomBytes(10), secretKey: key });
    const all = [complete(artifact, SIGNED), complete(artifact, { ...SIGNED, signature })];
    const [right, wrong] = await Promise.allSettled(all);
    const { artifact: now } = await again(artifact);
    expect(now.state === "ready").toBe(right?.status === "fulfilled");
    if (now.state === "ready") expect(await keys()).toEqual([now.object_key]);
    else expect(wrong?.status).toBe("rejected");
  });
});

describe("a late request", () => {
  it("cannot delete the bytes of a file that has become ready meanwhile", async () => {
    const artifact = await uploaded(await declarationOf({ bytes }));
    const ready = await complete(artifact);
    expect(await restartUpload(env, publisher(), artifact, "wrong signature")).toMatchObject({
      code: "CONFLICT",
      detail: expect.stringContaining("Another request"),
    });
    expect((await again(artifact)).artifact).toEqual(ready);
    expect(await keys()).toEqual([ready.object_key]);
  });
});

describe("after a crash", () => {
  it("between assembly and the ledger's commit, a second completion finishes", async () => {
    const artifact = await uploaded(await declarationOf({ bytes }));
    expect(await assembleParts(env.BINARIES, artifact, (await again(artifact)).parts)).toMatchObject({ ok: true });
    await expectRefused(artifact);
    expect(await complete(artifact)).toMatchObject({ state: "ready" });
  });

  it("at that point, a late or repeated part destroys nothing", async () => {
    const artifact = await uploaded(await declarationOf({ bytes }));
    await assembleParts(env.BINARIES, artifact, (await again(artifact)).parts);
    await expect(uploadAll(artifact, bytes)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await keys()).toEqual([artifact.object_key]);
    expect(await complete(artifact)).toMatchObject({ state: "ready", object_key: artifact.object_key });
  });

  it("between refusing a file and deleting its bytes, the remains do not affect the next upload", async () => {
    const artifact = await declare(await declarationOf({ bytes }));
    await uploadAll(artifact, randomBytes(bytes.length));
    const { parts } = await again(artifact);
    await assembleParts(env.BINARIES, artifact, parts);
    await replaceUpload(env.DB, publisher(), artifact, await openUpload(env.BINARIES, artifact), {
      reason: "wrong sha256",
      refusal: UPLOAD_LOST,
    });
    await uploadAll((await again(artifact)).artifact, bytes);
    const ready = await complete(artifact);
    expect(ready.object_key).not.toBe(artifact.object_key);
    const object = await env.BINARIES.get(ready.object_key);
    expect(Buffer.from((await object?.arrayBuffer()) ?? new ArrayBuffer(0)).equals(bytes)).toBe(true);
  });

  it("that lost the object, a new upload is opened", async () => {
    const artifact = await uploaded(await declarationOf({ bytes }));
    await assembleParts(env.BINARIES, artifact, (await again(artifact)).parts);
    await env.BINARIES.delete(artifact.object_key);
    await expect(complete(artifact)).rejects.toMatchObject({ code: "CONFLICT" });
    await uploadAll((await again(artifact)).artifact, bytes);
    expect(await complete(artifact)).toMatchObject({ state: "ready" });
  });

  it("with a part replaced in storage but not in the ledger, a new upload is opened", async () => {
    const artifact = await uploaded(await declarationOf({ bytes }));
    await env.BINARIES.resumeMultipartUpload(artifact.object_key, artifact.upload_id).uploadPart(1, bytes);
    await expect(complete(artifact)).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await again(artifact)).parts).toEqual([]);
    expect((await readRelease(env.DB, releaseId)).status).toBe("draft");
  });
});
