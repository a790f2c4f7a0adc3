import { blake2b } from "@noble/hashes/blake2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measure, measurement } from "../../../../src/domain/releases/artifact/measurement.ts";
import { randomBytes, sha256Hex } from "../../../support/publish-release.ts";

const file = new Uint8Array(new TextEncoder().encode("a worker"));

const streamOf = (chunks: Uint8Array[]) =>
  new ReadableStream({
    type: "bytes",
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new Uint8Array(chunk));
      controller.close();
    },
  });

describe("measuring a file", () => {
  it("gives size and digests for any size of chunks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 }), async (chunks) => {
        const whole = new Uint8Array(await new Blob(chunks.map((chunk) => new Uint8Array(chunk))).arrayBuffer());
        expect(await measure(streamOf(chunks))).toEqual({
          size: whole.length,
          sha256: await sha256Hex(whole),
          blake2b512: new Uint8Array(blake2b(whole)),
        });
      }),
      { numRuns: 30 },
    );
  });

  it("fails with the error of its source", async () => {
    const broken = new ReadableStream({
      type: "bytes",
      start(controller) {
        controller.enqueue(file.slice());
      },
      pull(controller) {
        controller.error(new Error("the bucket is gone"));
      },
    });
    await expect(measure(broken)).rejects.toThrow("the bucket is gone");
  });
});

describe("measuring a large file", () => {
  it("gives the digests of the whole file, beyond one chunk and at its edges", async () => {
    for (const length of [256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 700_001]) {
      const whole = randomBytes(length);
      expect(await measure(new Blob([whole]).stream())).toEqual({
        size: length,
        sha256: await sha256Hex(whole),
        blake2b512: new Uint8Array(blake2b(whole)),
      });
    }
  });
});

describe("a measurement in steps", () => {
  it("gives the result of one in a single go, however the file is cut, from nothing but its saved state", async () => {
    const whole = randomBytes(400_000);
    const expected = await measure(new Blob([whole]).stream());
    const cuts = fc.uniqueArray(fc.integer({ min: 0, max: whole.length }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const edges = [0, ...places.sort((a, b) => a - b), whole.length];
        let step = measurement();
        for (const [index, from] of edges.slice(0, -1).entries()) {
          step = measurement(JSON.parse(JSON.stringify(step.save())));
          expect(step.checked()).toBe(from);
          await step.read(new Blob([whole.subarray(from, edges[index + 1])]).stream());
        }
        expect(step.result()).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });
});
