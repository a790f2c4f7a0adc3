import { decodeBase64, encodeBase64 } from "../../../lib/encoding.ts";
import { frameOf, type Layout } from "./frame.ts";
import type { FramedFacts, FramedIndex, Framing, FramingMaker, Segment } from "./framing.ts";
import {
  digestOfSegments,
  faultOfSegments,
  roundSums,
  type SegmentSum,
  type SummedRound,
  segmentSum,
} from "./segment-sum.ts";
import type { PackageSigner } from "./signer.ts";
import { notedSigner } from "./signer-note.ts";

/** The work on one package: the sums of its finished rounds, and of the running one. */
export type PackageWork = {
  format: string;
  facts: FramedFacts;
  maker: FramingMaker;
  signer: PackageSigner;
  /** The fingerprint of the key that has signed something; null: none yet. */
  signedBy: () => string | null;
  rounds: SummedRound[];
  /** The pieces of the finished rounds, and of the running one. */
  pieces: (readonly Segment[])[];
  /** Null: the round waits for the next pass, or all are finished. */
  sum: SegmentSum | null;
};

/** The state of a work between two steps. `digest` is over all its pieces, and `state` the running sum in base64. */
export type SavedWork = { rounds: { size: number; state: string }[]; digest: string; state: string | null };

/** The longest index of a package and its layout together, in characters: its row fits into one statement of D1. */
export const LONGEST_INDEX = 24_000;

/** A package that is summed: its frame, its sums, and its facts for listings. */
export type SummedPackage = {
  format: string;
  filename: string;
  size: number;
  sha256: string;
  frame: { bytes: Uint8Array<ArrayBuffer>; layout: Layout };
  index: FramedIndex;
  signedBy: string | null;
};

/** Begins the work on a package. Throws the errors of the framing's code. */
export const newWork = async (framing: Framing, facts: FramedFacts, signer: PackageSigner): Promise<PackageWork> => ({
  ...notedSigner(signer),
  ...{ format: framing.name, facts, maker: await framing.load(), rounds: [], pieces: [], sum: null },
});

/** Whether every round is finished. */
export const isDone = ({ rounds, maker }: PackageWork): boolean => rounds.length === maker.rounds.length;

/** Begins the next round at the start of a pass. Throws the errors of the framing's code. */
export async function beginRound(work: PackageWork): Promise<void> {
  if (work.sum !== null || isDone(work)) return;
  if (work.pieces.length === work.rounds.length) work.pieces.push(await piecesOf(work, work.rounds));
  work.sum = segmentSum(work.pieces.at(-1) ?? [], work.facts.binary.content.size);
}

/** Ends the running round after the last byte of a pass. */
export function endRound(work: PackageWork): void {
  if (work.sum === null) return;
  work.rounds.push(work.sum.result());
  work.sum = null;
}

/**
 * Goes on with a saved work after `at` bytes of the pass. It makes the pieces of all rounds again. If they are others
 * than the saved ones, the work stays at its start. Throws the errors of the framing's code.
 */
export async function resumeWork(work: PackageWork, saved: SavedWork, at: number): Promise<void> {
  if (saved.rounds.length > work.maker.rounds.length) return;
  const rounds = saved.rounds.map(({ size, state }) => ({ size, state: decodeBase64(state) }));
  const pieces: (readonly Segment[])[] = [];
  const until = Math.min(rounds.length + 1, work.maker.rounds.length);
  while (pieces.length < until) pieces.push(await piecesOf(work, rounds.slice(0, pieces.length)));
  if (digestOfSegments(pieces) !== saved.digest) return;
  Object.assign(work, { rounds, pieces });
  if (saved.state === null) return;
  const { size } = work.facts.binary.content;
  work.sum = segmentSum(pieces.at(-1) ?? [], size, { at, state: decodeBase64(saved.state) });
}

/** The state of a work, for `resumeWork`. */
export const savedWork = ({ rounds, pieces, sum }: PackageWork): SavedWork => ({
  rounds: rounds.map(({ size, state }) => ({ size, state: encodeBase64(state) })),
  digest: digestOfSegments(pieces),
  state: sum && encodeBase64(sum.save()),
});

/**
 * The package, once every round is finished. Throws the errors of the framing's code, and RangeError for a long index.
 */
export async function packageOf({
  format,
  facts,
  maker,
  signer,
  signedBy,
  rounds,
  pieces,
}: PackageWork): Promise<SummedPackage> {
  const sums = rounds.map(roundSums);
  const whole = sums.at(-1);
  if (!whole) throw new RangeError("it has no round");
  const frame = frameOf(pieces.at(-1) ?? []);
  const index = await maker.index(facts, signer, sums);
  const { length } = JSON.stringify([index, frame.layout]);
  if (length > LONGEST_INDEX) throw new RangeError(`its index has ${length} characters, more than ${LONGEST_INDEX}`);
  const { size, sha256 } = whole;
  return { format, filename: maker.filename(facts), size, sha256, frame, index, signedBy: signedBy() };
}

/** The pieces of the round that follows `rounds`. */
async function piecesOf({ maker, facts, signer }: PackageWork, rounds: readonly SummedRound[]) {
  const make = maker.rounds[rounds.length];
  if (!make) throw new RangeError("it has no such round");
  const segments = await make(facts, signer, rounds.map(roundSums));
  const fault = faultOfSegments(segments, facts.binary.content.size);
  if (fault !== null) throw new RangeError(fault);
  return segments;
}
