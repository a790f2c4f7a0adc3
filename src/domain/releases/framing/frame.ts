import type { FramedFile, Segment } from "./framing.ts";
import { isLiteral } from "./segment-sum.ts";

/**
 * The pieces of a framed file in its order: a number is so many bytes of the frame, a pair a range of the stored file.
 */
export type Layout = FramedFile["layout"];

/** The frame: the literals of `segments`, joined. And the layout that tells their places. */
export function frameOf(segments: readonly Segment[]): { bytes: Uint8Array<ArrayBuffer>; layout: Layout } {
  const literals = segments.filter(isLiteral);
  const bytes = new Uint8Array(literals.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const literal of literals) {
    bytes.set(literal, at);
    at += literal.length;
  }
  const layout = segments
    .filter(({ length }) => length > 0)
    .map((segment) => (isLiteral(segment) ? segment.length : ([segment.offset, segment.length] as const)));
  return { bytes, layout };
}

/** The size of the frame, and of the whole framed file, in bytes. */
export function sizesOfLayout(layout: Layout): { frame: number; whole: number } {
  let frame = 0;
  let whole = 0;
  for (const piece of layout) {
    if (typeof piece === "number") frame += piece;
    whole += typeof piece === "number" ? piece : piece[1];
  }
  return { frame, whole };
}
