import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Segment } from "../../../../src/domain/releases/framing/framing.ts";
import { digestOfSegments, roundSums, segmentSum } from "../../../../src/domain/releases/framing/segment-sum.ts";
import { framed, whole } from "../../../support/framed-pieces.ts";

const sha256 = (...parts: Uint8Array[]) => parts.reduce((hash, part) => hash.update(part), createHash("sha256"));

describe("segmentSum", () => {
  it("sums pieces as the joined file is summed, in any chunks and with any interruptions", () => {
    const moves = fc.array(fc.tuple(fc.integer({ min: 1, max: 200 }), fc.boolean()), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(framed, moves, fc.uint8Array({ maxLength: 100 }), ({ stored, segments }, chunks, more) => {
        let sum = segmentSum(segments, stored.length);
        for (let at = 0, turn = 0; at < stored.length; turn++) {
          const [length, isInterrupted] = chunks[turn % chunks.length] ?? [1, false];
          sum.update(stored.subarray(at, at + length));
          at = Math.min(at + length, stored.length);
          if (isInterrupted) sum = segmentSum(segments, stored.length, { at, state: sum.save() });
        }
        const { size, sha256: hex, sha256With } = roundSums(sum.result());
        const file = whole(stored, segments);
        expect([size, hex]).toEqual([file.length, sha256(file).digest("hex")]);
        expect(Buffer.from(sha256With(more)).toString("hex")).toBe(sha256(file, more).digest("hex"));
      }),
    );
  });

  it("refuses pieces that one read cannot sum", () => {
    const range = (offset: number, length: number) => ({ offset, length });
    for (const ranges of [
      [range(5, 2), range(6, 1)],
      [range(0, 11)],
      [range(-1, 2)],
      [range(3, -1)],
      [range(0, 0.5)],
    ]) {
      expect(() => segmentSum(ranges, 10)).toThrow(RangeError);
    }
  });

  it("gives no result before the last range", () => {
    const sum = segmentSum([{ offset: 0, length: 10 }], 10);
    sum.update(new Uint8Array(9));
    expect(() => sum.result()).toThrow("before the last range");
  });
});

it("digestOfSegments: other literals, another layout, and other rounds give another digest", () => {
  const literal = (text: string): Segment => new Uint8Array(new TextEncoder().encode(text));
  const range = { offset: 0, length: 3 };
  const all = [
    [[literal("ab"), range]],
    [[literal("ac"), range]],
    [[literal("a"), literal("b"), range]],
    [[range, literal("ab")]],
    [[literal("ab"), { offset: 1, length: 3 }]],
    [[literal("ab")], [range]],
    [[literal("ab"), range], []],
  ];
  // An empty round has no piece, so it changes nothing that is served.
  expect(new Set(all.map(digestOfSegments)).size).toBe(all.length - 1);
});
