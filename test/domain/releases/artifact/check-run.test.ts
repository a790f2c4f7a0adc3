import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { createRelease, deleteDraft, moveRelease } from "../../../../src/domain/releases/act.ts";
import type { SignaturePolicy } from "../../../../src/domain/releases/artifact/check.ts";
import { progressOf } from "../../../../src/domain/releases/artifact/check-record.ts";
import { runCheckStep } from "../../../../src/domain/releases/artifact/check-run.ts";
import { isUnderCheck, requestCheck } from "../../../../src/domain/releases/artifact/check-store.ts";
import { readUpload } from "../../../../src/domain/releases/artifact/store.ts";
import {
  declareArtifact,
  removeArtifact,
  restartUpload,
  uploadPart,
} from "../../../../src/domain/releases/artifact/upload.ts";
import type { Artifact } from "../../../../src/domain/releases/store.ts";
import { generateMinisignKey } from "../../../../src/lib/minisign/secret-key.ts";
import { currentTime } from "../../../../src/lib/time.ts";
import { count } from "../../../support/license-fixture.ts";
import { declarationOf, partOf, publisher, randomBytes, uploadAll } from "../../../support/publish-release.ts";

const bytes = randomBytes(10_000);
const key = await generateMinisignKey();
const SIGNED: SignaturePolicy = { required: true, keys: [key] };
/** Ten slices, four steps. */
const PLAN = { slice: 1000, step: 3000 };

let releaseId = "";
beforeEach(async () => {
  const draft = { worker_id: "llm-worker-rbee-premium-cpu", version: "1.0.0", channel: "stable", notes: null } as const;
  releaseId = (await createRelease(env.DB, publisher(), draft)).id;
});

/** Uploads `sent` as the signed file `bytes`, and asks for its check. */
async function underCheck(sent = bytes, changed: { signature?: string | null } = {}): Promise<Artifact> {
  const file = { ...(await declarationOf({ bytes, secretKey: key })), ...changed };
  const { artifact } = await declareArtifact(env, publisher(), releaseId, file);
  await uploadAll(artifact, sent);
  await ask(artifact, file.signature);
  return artifact;
}

const ask = (artifact: Artifact, signature: string | null) =>
  requestCheck(env.DB, { ...publisher(), requestId: "req_asked" }, artifact, { signature, pgpSignature: "pgp" });

const step = ({ id }: Artifact, bindings: Pick<Env, "DB" | "BINARIES"> = env, policy = SIGNED) =>
  runCheckStep(bindings, id, policy, { plan: PLAN });

async function finish(artifact: Artifact): Promise<void> {
  while (await step(artifact));
}

/** The artifact and the progress of its check, as an admin sees them. */
async function look({ id }: Artifact) {
  const { artifact, check, parts } = await readUpload(env.DB, releaseId, id);
  return { artifact, parts, progress: progressOf(artifact, check, currentTime()) };
}

const actions = async () =>
  (await env.DB.prepare("SELECT action, reason, actor, request_id FROM audit ORDER BY id").all()).results.slice(2);
const keys = async () => (await env.BINARIES.list()).objects.map((object) => object.key);

/** A bucket that counts the bytes that are asked for, and fails at get `failing` (from 1). */
function watchedBucket(failing = 0) {
  const asked: number[] = [];
  const bucket: R2Bucket = new Proxy(env.BINARIES, {
    get(target, name: keyof R2Bucket) {
      if (name !== "get") return target[name].bind(target);
      return (object: string, options: { range: { length: number }; onlyIf: R2Conditional }) => {
        if (asked.length + 1 === failing) throw new Error("get: We encountered an internal error. (10001)");
        asked.push(options.range.length);
        return target.get(object, options);
      };
    },
  });
  return { asked, bindings: { ...env, BINARIES: bucket } };
}

describe("the check of a large file", () => {
  it("goes on step by step, and makes the file ready as a check at once does", async () => {
    const artifact = await underCheck();
    const seen = [];
    do seen.push((await look(artifact)).progress);
    while (await step(artifact));
    expect(seen).toEqual(
      [0, 3000, 6000, 9000].map((checked) => ({ state: "running", checked, size: 10_000, problem: null })),
    );
    const { artifact: ready, progress, parts } = await look(artifact);
    expect(ready).toMatchObject({ state: "ready", signature: artifact.signature, pgp_signature: "pgp" });
    expect([progress, parts]).toEqual([{ state: "passed", checked: 10_000, size: 10_000, problem: null }, []]);
    expect(await actions()).toEqual([
      { action: "artifact.complete", reason: null, actor: "token:adm_test", request_id: "req_asked" },
    ]);
    expect(await count("artifact_checks")).toBe(0);
    expect(await step(artifact)).toBe(false);
  });

  it("keeps its release from being published until it has passed", async () => {
    const artifact = await underCheck();
    const publish = () => moveRelease(env.DB, publisher(), releaseId, "publish", null);
    await step(artifact);
    await expect(publish()).rejects.toMatchObject({ code: "CONFLICT", detail: expect.stringContaining("checked yet") });
    await finish(artifact);
    expect((await publish()).row.status).toBe("published");
  });

  it("takes no parts any more", async () => {
    const artifact = await underCheck();
    await expect(uploadPart(env, publisher(), artifact, 1, partOf(artifact, bytes, 1))).rejects.toMatchObject({
      code: "CONFLICT",
    });
    await finish(artifact);
    expect((await look(artifact)).artifact.state).toBe("ready");
  });

  it("refuses altered bytes with the faults that a check at once tells, and deletes them", async () => {
    const altered = bytes.slice();
    altered[9_999] = (altered[9_999] ?? 0) ^ 1;
    const artifact = await underCheck(altered);
    await finish(artifact);
    const { artifact: now, progress, parts } = await look(artifact);
    expect(progress).toMatchObject({
      state: "refused",
      problem: {
        code: "VALIDATION_FAILED",
        detail: expect.stringContaining("SHA-256"),
        errors: [{ path: "sha256" }, { path: "signature", message: "The signature is not over this file." }],
      },
    });
    expect([now.state, now.upload_id === artifact.upload_id, parts]).toEqual(["uploading", false, []]);
    expect(await keys()).toEqual([]);
    expect(await actions()).toMatchObject([{ action: "artifact.restart", reason: "wrong sha256, signature" }]);
  });

  it("refuses an object of another size, longer or shorter, before it reads it", async () => {
    for (const size of [bytes.length - 1, bytes.length + 1]) {
      const artifact = await underCheck();
      // R2 has another object under the key of the upload than its parts give.
      await env.BINARIES.resumeMultipartUpload(artifact.object_key, artifact.upload_id).abort();
      await env.BINARIES.put(artifact.object_key, randomBytes(size));
      const { asked, bindings } = watchedBucket();
      expect(await step(artifact, bindings)).toBe(false);
      expect((await look(artifact)).progress).toMatchObject({
        state: "refused",
        problem: { code: "VALIDATION_FAILED", errors: [{ path: "size" }] },
      });
      expect([asked, await keys()]).toEqual([[], []]);
      await removeArtifact(env, publisher(), releaseId, artifact.id);
    }
  });

  it("refuses a signature over another file", async () => {
    const { signature } = await declarationOf({ bytes: randomBytes(10), secretKey: key });
    const artifact = await underCheck(bytes, { signature });
    await finish(artifact);
    expect((await look(artifact)).progress).toMatchObject({
      state: "refused",
      problem: { errors: [{ path: "signature" }] },
    });
    expect(await keys()).toEqual([]);
  });

  it("begins anew with the next upload after a refusal", async () => {
    const artifact = await underCheck(randomBytes(bytes.length));
    await finish(artifact);
    const { artifact: fresh } = await look(artifact);
    await uploadAll(fresh, bytes);
    await ask(fresh, fresh.signature);
    expect((await look(artifact)).progress).toMatchObject({ state: "running", checked: 0 });
    await finish(fresh);
    expect((await look(artifact)).artifact.state).toBe("ready");
  });

  it("of a new upload is not ended by a request that read the upload before it", async () => {
    const artifact = await underCheck(randomBytes(bytes.length));
    await finish(artifact);
    const { artifact: fresh } = await look(artifact);
    await uploadAll(fresh, bytes);
    await ask(fresh, fresh.signature);
    await step(fresh);
    await ask(artifact, artifact.signature);
    expect((await look(artifact)).progress).toMatchObject({ state: "running", checked: 3000 });
  });

  it("keeps the bytes if the key of its signature is trusted no more, and checks them with a new signature", async () => {
    const artifact = await underCheck();
    const other = await generateMinisignKey();
    const changed = { required: true, keys: [other] };
    while (await step(artifact, env, changed));
    expect((await look(artifact)).progress).toMatchObject({
      state: "refused",
      problem: { errors: [{ path: "signature" }] },
    });
    const { signature } = await declarationOf({ bytes, secretKey: other });
    await ask(artifact, signature);
    while (await step(artifact, env, changed));
    expect((await look(artifact)).artifact).toMatchObject({ state: "ready", signature });
  });

  it("takes the newest signature that was given while it ran", async () => {
    const artifact = await underCheck();
    await step(artifact);
    const { signature: wrong } = await declarationOf({ bytes: randomBytes(10), secretKey: key });
    await ask(artifact, wrong);
    expect((await look(artifact)).progress).toMatchObject({ state: "running", checked: 3000 });
    await finish(artifact);
    expect((await look(artifact)).progress).toMatchObject({ state: "refused" });
  });
});

describe("a step of a check that is interrupted", () => {
  it("loses no slice that was saved before", async () => {
    const artifact = await underCheck();
    const first = watchedBucket(3);
    await expect(step(artifact, first.bindings)).rejects.toThrow("10001");
    expect((await look(artifact)).progress).toMatchObject({ state: "running", checked: 2000 });
    const second = watchedBucket();
    while (await step(artifact, second.bindings));
    expect([...first.asked, ...second.asked]).toEqual(Array(10).fill(1000));
    expect((await look(artifact)).artifact.state).toBe("ready");
  });

  it("and steps that overlap or are repeated in any order end in one result", async () => {
    const moves = fc.array(fc.constantFrom("step", "two at once", "interrupted"), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(moves, fc.boolean(), async (sequence, isRight) => {
        const file = await declarationOf({ bytes, secretKey: key });
        const { artifact } = await declareArtifact(env, publisher(), releaseId, file);
        await uploadAll(artifact, isRight ? bytes : randomBytes(bytes.length));
        await ask(artifact, file.signature);
        for (const move of sequence) {
          if (move === "interrupted") await step(artifact, watchedBucket(2).bindings).catch(() => undefined);
          else await Promise.all(Array.from({ length: move === "step" ? 1 : 2 }, () => step(artifact)));
        }
        await finish(artifact);
        const { progress } = await look(artifact);
        expect(progress?.state).toBe(isRight ? "passed" : "refused");
        const ends = `action IN ('artifact.complete', 'artifact.restart') AND details LIKE '%${artifact.id}%'`;
        expect(await count("audit", ends)).toBe(1);
        await removeArtifact(env, publisher(), releaseId, artifact.id);
      }),
      { numRuns: 15 },
    );
  });
});

describe("a check whose file is gone", () => {
  const ends: [string, (artifact: Artifact) => Promise<unknown>][] = [
    ["was removed", ({ id }) => removeArtifact(env, publisher(), releaseId, id)],
    ["was deleted with its draft", () => deleteDraft(env, publisher(), releaseId, null)],
  ];
  for (const [happened, act] of ends) {
    it(`ends quietly when the file ${happened}, before a step and in one`, async () => {
      const before = await underCheck();
      await step(before);
      const meanwhile: R2Bucket = new Proxy(env.BINARIES, {
        get(target, name: keyof R2Bucket) {
          if (name !== "get") return target[name].bind(target);
          return async (object: string, options: R2GetOptions) => {
            const found = await target.get(object, options);
            const body = found && "body" in found ? await found.arrayBuffer() : null;
            await act(before);
            return body && { ...found, body: new Blob([body]).stream() };
          };
        },
      });
      expect(await step(before, { ...env, BINARIES: meanwhile })).toBe(false);
      expect(await step(before)).toBe(false);
      expect([await count("artifact_checks"), await keys()]).toEqual([0, []]);
    });
  }

  it("ends quietly when the upload was begun again", async () => {
    const artifact = await underCheck();
    await step(artifact);
    await restartUpload(env, publisher(), artifact, "lost in storage");
    expect(await step(artifact)).toBe(false);
    const { artifact: fresh, progress } = await look(artifact);
    expect(progress).toMatchObject({ state: "refused", problem: { code: "CONFLICT" } });
    expect(await isUnderCheck(env.DB, fresh)).toBe(false);
    await uploadAll(fresh, bytes);
  });

  it("is refused as lost when storage has lost the bytes, before a step and between two", async () => {
    for (const isBegun of [false, true]) {
      const artifact = await underCheck();
      if (isBegun) await step(artifact);
      else await env.BINARIES.resumeMultipartUpload(artifact.object_key, artifact.upload_id).abort();
      await env.BINARIES.delete(artifact.object_key);
      expect(await step(artifact)).toBe(false);
      const { progress, parts } = await look(artifact);
      expect(progress).toMatchObject({
        state: "refused",
        problem: { code: "CONFLICT", detail: expect.stringContaining("lost") },
      });
      expect(parts).toEqual([]);
      await removeArtifact(env, publisher(), releaseId, artifact.id);
    }
  });
});
