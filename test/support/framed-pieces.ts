import fc from "fast-check";
import type { Segment } from "../../src/domain/releases/framing/framing.ts";
import { concat } from "../../src/lib/encoding.ts";

/** Pieces around `stored`: literals and ascending ranges, also empty ones, in any order. */
export const framed = fc.uint8Array({ maxLength: 600 }).chain((bytes) => {
  const stored = new Uint8Array(bytes);
  const literal = fc.uint8Array({ maxLength: 150 }).map((piece): Segment => new Uint8Array(piece));
  const cuts = fc.array(fc.nat(stored.length), { maxLength: 6 }).map((some) => some.sort((a, b) => a - b));
  return fc
    .tuple(cuts, fc.array(fc.array(literal, { maxLength: 2 }), { minLength: 5, maxLength: 5 }))
    .map(([at, own]) => {
      const segments: Segment[] = [...(own[0] ?? [])];
      for (let index = 0; index + 1 < at.length; index += 2) {
        const [offset = 0, end = 0] = at.slice(index, index + 2);
        segments.push({ offset, length: end - offset }, ...(own[index / 2 + 1] ?? []));
      }
      return { stored, segments };
    });
});

/** The framed file. */
export const whole = (stored: Uint8Array<ArrayBuffer>, segments: readonly Segment[]): Uint8Array<ArrayBuffer> =>
  concat(
    ...segments.map((one) => (one instanceof Uint8Array ? one : stored.subarray(one.offset, one.offset + one.length))),
  );
