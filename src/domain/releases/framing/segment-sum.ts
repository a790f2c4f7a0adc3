import { encodeBase64, encodeHex } from "../../../lib/encoding.ts";
import { type StreamHash, streamHash } from "../../../lib/hash/stream-hash.ts";
import type { RoundSums, Segment, StoredRange } from "./framing.ts";

/** The state of a finished round: its size in bytes, and the state of its SHA-256 after them. */
export type SummedRound = { size: number; state: Uint8Array<ArrayBuffer> };

/** The sums of pieces while the stored bytes pass by, in order and without gaps. */
export type SegmentSum = {
  /** Takes the next stored bytes. Bytes outside all ranges are skipped. */
  update(bytes: Uint8Array): void;
  /** The state of the hash after the stored bytes so far. `segmentSum` continues from it. */
  save(): Uint8Array<ArrayBuffer>;
  /** The finished round. Throws if the stored bytes have ended before the last range. */
  result(): SummedRound;
};

/** Whether a piece is bytes of its own. */
export const isLiteral = (segment: Segment): segment is Uint8Array<ArrayBuffer> => segment instanceof Uint8Array;

/** The size of a piece in bytes. */
export const sizeOfSegment = (segment: Segment): number => segment.length;

/**
 * The fault of pieces that one read of `stored` bytes cannot sum: a range that is not inside the stored file, or that
 * begins before the end of the range before it. Null if there is none.
 */
export function faultOfSegments(segments: readonly Segment[], stored: number): string | null {
  let end = 0;
  for (const segment of segments) {
    if (isLiteral(segment)) continue;
    const { offset, length } = segment;
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || length < 0 || offset < end) {
      return `The range of ${length} bytes at ${offset} does not follow the one before it.`;
    }
    end = offset + length;
    if (end > stored) return `The range of ${length} bytes at ${offset} ends after the stored file of ${stored} bytes.`;
  }
  return null;
}

/**
 * Begins to sum pieces, or continues after `at` stored bytes from the state that `save` gave there. The pieces must be
 * the same as then. Throws RangeError for pieces that one read cannot sum.
 */
export function segmentSum(
  segments: readonly Segment[],
  stored: number,
  resumed?: { at: number; state: Uint8Array },
): SegmentSum {
  const fault = faultOfSegments(segments, stored);
  if (fault !== null) throw new RangeError(fault);
  const hash = streamHash("sha256", resumed?.state);
  let at = resumed?.at ?? 0;
  // Literals are hashed as soon as the range before them has ended, so the place follows from `at` alone.
  let next = resumed ? placeAfter(segments, at) : hashLiterals(hash, segments, 0);
  return {
    update(bytes) {
      const end = at + bytes.length;
      for (let range = rangeAt(segments, next); range; range = rangeAt(segments, next)) {
        const rangeEnd = range.offset + range.length;
        if (range.offset < end) {
          hash.update(bytes.subarray(Math.max(range.offset - at, 0), Math.min(rangeEnd, end) - at));
        }
        if (rangeEnd > end) break;
        next = hashLiterals(hash, segments, next + 1);
      }
      at = end;
    },
    save: () => hash.save(),
    result() {
      if (next < segments.length) throw new RangeError(`the stored bytes ended at ${at}, before the last range`);
      return { size: segments.reduce((sum, segment) => sum + sizeOfSegment(segment), 0), state: hash.save() };
    },
  };
}

const rangeAt = (segments: readonly Segment[], index: number): StoredRange | undefined => {
  const segment = segments[index];
  return segment === undefined || isLiteral(segment) ? undefined : segment;
};

/** Hashes the literals from `index` on. Returns the place of the next range that is not empty. */
function hashLiterals(hash: StreamHash, segments: readonly Segment[], index: number): number {
  let next = index;
  for (
    let segment = segments[next];
    segment && (isLiteral(segment) || segment.length === 0);
    segment = segments[next]
  ) {
    if (isLiteral(segment)) hash.update(segment);
    next++;
  }
  return next;
}

/** The place of the first range that ends after `at` stored bytes. */
function placeAfter(segments: readonly Segment[], at: number): number {
  const index = segments.findIndex(
    (segment) => !isLiteral(segment) && segment.length > 0 && segment.offset + segment.length > at,
  );
  return index < 0 ? segments.length : index;
}

/** The sums of a finished round, as makers get them. */
export function roundSums({ size, state }: SummedRound): RoundSums {
  const sha256With = (more: Uint8Array): Uint8Array<ArrayBuffer> => {
    const hash = streamHash("sha256", state);
    hash.update(more);
    return hash.digest();
  };
  return { size, sha256: encodeHex(sha256With(new Uint8Array())), sha256With };
}

/** A digest of pieces, in base64: other literals, or another layout, give another. */
export function digestOfSegments(rounds: readonly (readonly Segment[])[]): string {
  const hash = streamHash("sha256");
  const encoder = new TextEncoder();
  for (const [round, segments] of rounds.entries()) {
    for (const segment of segments) {
      const literal = isLiteral(segment);
      const head = literal ? [round, segment.length] : [round, segment.offset, segment.length];
      hash.update(encoder.encode(`${JSON.stringify(head)}\n`));
      if (literal) hash.update(segment);
    }
  }
  return encodeBase64(hash.digest());
}
