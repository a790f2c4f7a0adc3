import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { createRelease } from "../../../../src/domain/releases/act.ts";
import { runCheckStep } from "../../../../src/domain/releases/artifact/check-run.ts";
import { completeArtifact } from "../../../../src/domain/releases/artifact/completion.ts";
import { isCheckedAtOnce } from "../../../../src/domain/releases/artifact/plan.ts";
import { readUpload } from "../../../../src/domain/releases/artifact/store.ts";
import { declareArtifact } from "../../../../src/domain/releases/artifact/upload.ts";
import { layoutSchema } from "../../../../src/domain/releases/framing/record.ts";
import { readFramed } from "../../../../src/domain/releases/framing/stream.ts";
import { encodeHex } from "../../../../src/lib/encoding.ts";
import { plainFraming, signedFraming, testFramer } from "../../../support/made-up-framing.ts";
import { declarationOf, publisher, randomBytes, uploadAll } from "../../../support/publish-release.ts";

const MiB = 1024 * 1024;
const POLICY = { required: false, keys: [] };

/** A bucket whose reads fail from the `failing`th on, as when the platform ends a step. */
function dyingBucket(failing: number): R2Bucket {
  let reads = 0;
  return new Proxy(env.BINARIES, {
    get(target, name: keyof R2Bucket) {
      if (name !== "get") return target[name].bind(target);
      return (key: string, options: R2GetOptions) => {
        if (++reads >= failing) throw new Error("get: We encountered an internal error. (10001)");
        return target.get(key, options);
      };
    },
  });
}

it("a file of 70 MiB: its packages, summed in interrupted steps, have the sums of the bytes that are served", async () => {
  const draft = { worker_id: "llm-worker-rbee-cpu", version: "1.2.0", channel: "stable", notes: null } as const;
  const releaseId = (await createRelease(env.DB, publisher(), draft)).id;
  const bytes = new Uint8Array(70 * MiB);
  const block = randomBytes(MiB);
  for (let at = 0; at < bytes.length; at += MiB) bytes.set(block, at);
  const { artifact } = await declareArtifact(env, publisher(), releaseId, await declarationOf({ bytes }));
  expect(isCheckedAtOnce(artifact)).toBe(false);
  await uploadAll(artifact, bytes);
  const framer = testFramer(plainFraming, signedFraming);
  await completeArtifact(env, publisher(), { releaseId, id: artifact.id }, { signature: null, policy: POLICY, framer });
  let interruptions = 0;
  for (let hasMore = true; hasMore; ) {
    const bindings = { ...env, BINARIES: dyingBucket(interruptions < 4 ? 2 : 100) };
    try {
      hasMore = await runCheckStep(bindings, artifact.id, POLICY, {
        framer,
        plan: { slice: 16 * MiB, step: 64 * MiB },
      });
    } catch {
      interruptions++;
    }
  }
  expect(interruptions).toBe(4);
  const { artifact: ready } = await readUpload(env.DB, releaseId, artifact.id);
  expect(ready.state).toBe("ready");
  const { results } = await env.DB.prepare("SELECT * FROM framed_files ORDER BY format").all<{
    frame_key: string;
    layout: string;
    size: number;
    sha256: string;
  }>();
  expect(results).toHaveLength(2);
  for (const { frame_key, layout, size, sha256 } of results) {
    const open = async (key: string, range: { offset: number; length: number }) => {
      const object = await env.BINARIES.get(key, { range });
      if (!object) throw new Error("lost");
      return object.body;
    };
    const framed = { frame_key, layout: layoutSchema().parse(JSON.parse(layout)) };
    const whole = await readFramed(open, framed, ready.object_key, { offset: 0, length: size });
    const digest = new crypto.DigestStream("SHA-256");
    await whole.pipeTo(digest);
    expect(encodeHex(new Uint8Array(await digest.digest))).toBe(sha256);
  }
});
