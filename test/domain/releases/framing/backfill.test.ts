import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { createRelease, moveRelease } from "../../../../src/domain/releases/act.ts";
import { freeDiscardedObjects } from "../../../../src/domain/releases/artifact/discarded-store.ts";
import { frameMissing } from "../../../../src/domain/releases/framing/backfill.ts";
import type { Framer } from "../../../../src/domain/releases/framing/framer.ts";
import type { Framing } from "../../../../src/domain/releases/framing/framing.ts";
import { framedKey, framedOfRecord } from "../../../../src/domain/releases/framing/record.ts";
import { currentTime, DAY, MINUTE } from "../../../../src/lib/time.ts";
import { drainOutbox, settleInJob } from "../../../../src/platform/storage/settle.ts";
import { publishers } from "../../../../src/service.ts";
import { count } from "../../../support/license-fixture.ts";
import { expectLogged } from "../../../support/logged.ts";
import { plainFraming, signedFraming, testFramer, testSigner } from "../../../support/made-up-framing.ts";
import { addFile, publisher, randomBytes } from "../../../support/publish-release.ts";

const WORKER = "llm-worker-rbee-premium-cpu";

let releaseId = "";
beforeEach(async () => {
  const draft = { worker_id: WORKER, version: "1.2.0", channel: "stable", notes: null } as const;
  releaseId = (await createRelease(env.DB, publisher(), draft)).id;
});

const publish = async () => {
  const { changes } = await moveRelease(env.DB, publisher(), releaseId, "publish", null);
  await settleInJob(env, publishers, changes);
};

const rows = async () =>
  (
    await env.DB.prepare(
      "SELECT format, sha256, size, layout, signed_by FROM framed_files ORDER BY artifact_id, format",
    ).all()
  ).results;

/** Runs the job to its end, each step from the position of the one before. Returns the number of steps. */
async function run(framer: Framer, plan = { slice: 700, step: 1500 }): Promise<number> {
  let position = await frameMissing(env, framer, null, { plan });
  let steps = 1;
  for (; position !== null; steps++) position = await frameMissing(env, framer, position, { plan });
  return steps;
}

const forget = () => env.DB.prepare("DELETE FROM framed_files").run();
const waiting = () => count("outbox");

describe("frameMissing", () => {
  it("makes the packages that the check makes, in steps of any size, and publishes them", async () => {
    const framer = testFramer(plainFraming, signedFraming);
    for (const at of [1, 2]) {
      await addFile(releaseId, { bytes: randomBytes(2000 * at), filename: `b${at}`, requires: needs(at), framer });
    }
    await publish();
    const expected = await rows();
    expect(expected).toHaveLength(4);
    for (const plan of [
      { slice: 700, step: 1500 },
      { slice: 10_000, step: 100_000 },
    ]) {
      await forget();
      const steps = await run(framer, plan);
      expect(steps).toBe(plan.slice === 700 ? 9 : 1);
      expect(await rows()).toEqual(expected);
    }
    expect(await waiting()).toBeGreaterThan(0);
    await drainOutbox(env, publishers, currentTime() + 10 * MINUTE);
    expect(await waiting()).toBe(0);
    expect(framedOfRecord(await env.EDGE.get(framedKey("plain", WORKER), "json"))?.files).toMatchObject([
      { stored: "b1" },
      { stored: "b2" },
    ]);
  });

  it("starts again from a position that another version has written", async () => {
    await addFile(releaseId, { bytes: randomBytes(100) });
    await frameMissing(env, testFramer(plainFraming), '{"artifact":"art_zzzz"}');
    expect(await count("framed_files")).toBe(1);
  });

  it("does nothing where nothing is missing, and nothing for other systems", async () => {
    await addFile(releaseId, { bytes: randomBytes(100), framer: testFramer(plainFraming) });
    await addFile(releaseId, { bytes: randomBytes(100), platform: "windows-x86_64" });
    const before = await rows();
    expect(await run(testFramer(plainFraming))).toBe(1);
    expect([await rows(), await waiting()]).toEqual([before, 0]);
  });

  it("makes a draft's packages, and publishes nothing of it", async () => {
    await addFile(releaseId, { bytes: randomBytes(100) });
    await run(testFramer(plainFraming));
    expect([await count("framed_files"), await waiting()]).toEqual([1, 0]);
  });

  it("adds a format that came later, and leaves the packages of the others", async () => {
    await addFile(releaseId, { bytes: randomBytes(100), framer: testFramer(plainFraming) });
    const [plain] = await rows();
    await run(testFramer(plainFraming, signedFraming));
    expect(await rows()).toEqual([plain, expect.objectContaining({ format: "signed" })]);
  });

  it("makes a package again once its signing key has left the keyring, and frees the old frame", async () => {
    await addFile(releaseId, { bytes: randomBytes(100), framer: testFramer(plainFraming, signedFraming) });
    const [plain, signed] = await rows();
    const [old, fresh] = ["A".repeat(40), "B".repeat(40)];
    const keyring = (...keys: string[]): Framer => {
      const signers = keys.map((key) => testSigner(key));
      const framer = testFramer(plainFraming, signedFraming);
      return { ...framer, signer: () => ({ ...testSigner(keys[0]), keys: signers.flatMap((signer) => signer.keys) }) };
    };
    await run(keyring(fresh, old));
    expect(await rows()).toEqual([plain, signed]);
    await run(keyring(fresh));
    expect(await rows()).toEqual([plain, expect.objectContaining({ format: "signed", signed_by: fresh })]);
    const frames = async () => (await env.BINARIES.list({ prefix: "frames/" })).objects.length;
    expect(await frames()).toBe(3);
    await freeDiscardedObjects(env, currentTime() + DAY);
    expect(await frames()).toBe(2);
  });

  it("goes on behind a file whose framing throws, and tries it again in the next run", async () => {
    const [first] = [await addFile(releaseId, { bytes: randomBytes(100), filename: "a" })];
    await addFile(releaseId, { bytes: randomBytes(100), filename: "b", requires: needs(2) });
    const picky: Framing = {
      ...plainFraming,
      load: async () => {
        const maker = await plainFraming.load();
        const round = maker.rounds[0];
        return {
          ...maker,
          rounds: [
            (facts, signer, before) => {
              if (facts.binary.filename === "a" || !round) throw new Error("not this one");
              return round(facts, signer, before);
            },
          ],
        };
      },
    };
    await run(testFramer(picky));
    expect(await count("framed_files")).toBe(1);
    expect(expectLogged("framing.failed")).toMatchObject([{ artifact_id: first?.id, message: "not this one" }]);
    await run(testFramer(plainFraming));
    expect(await count("framed_files")).toBe(2);
  });

  it("goes on behind a file that R2 has lost", async () => {
    const lost = await addFile(releaseId, { bytes: randomBytes(100), filename: "a" });
    await addFile(releaseId, { bytes: randomBytes(100), filename: "b", requires: needs(2) });
    await env.BINARIES.delete(lost.object_key);
    await run(testFramer(plainFraming));
    expectLogged("artifact.missing");
    expect(await count("framed_files")).toBe(1);
  });

  it("without a signer makes the packages that need no signature", async () => {
    await addFile(releaseId, { bytes: randomBytes(100) });
    const framer = testFramer(plainFraming, signedFraming);
    await run({ ...framer, signer: () => Promise.reject(new Error("no key")) });
    expect(await rows()).toMatchObject([{ format: "plain" }]);
    expect(expectLogged("framing.failed")).toMatchObject([{ format: "signed", message: "no key" }]);
  });
});

const needs = (version: number) => ({ libc: { name: "glibc", version: `2.${version}` } });
