import * as z from "zod";
import { decodeBase64, encodeBase64 } from "../../../lib/encoding.ts";
import { lazy } from "../../../lib/lazy.ts";
import { logFailure } from "../../../lib/log.ts";
import { framingsFor } from "./facts.ts";
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
import { missingSigner, notedSigner } from "./signer-note.ts";

const roundSchema = lazy(() => z.object({ size: z.int(), state: z.string() }));

/**
 * The sums of packages to go on with: the pass (0 is the first read of the stored file), the bytes of it so far, and of
 * each format its finished rounds, a digest of all pieces so far, and the state of the running round in base64 (null:
 * it waits for the next pass).
 */
export const savedSummationSchema = lazy(() =>
  z.object({
    pass: z.int(),
    at: z.int(),
    formats: z.record(
      z.string(),
      z.object({ rounds: z.array(roundSchema()), digest: z.string(), state: z.string().nullable() }),
    ),
  }),
);
export type SavedSummation = z.infer<ReturnType<typeof savedSummationSchema>>;

/** A package that is summed: its pieces, its sums, and its facts for listings. */
export type SummedPackage = {
  format: string;
  filename: string;
  segments: readonly Segment[];
  size: number;
  sha256: string;
  index: FramedIndex;
  signedBy: string | null;
};

/** The sums of all packages of a binary, while its bytes are read once for each round of the longest format. */
export type Summation = {
  /** Whether every framing has thrown, so that there is nothing to sum. */
  isEmpty(): boolean;
  /** The current pass, and its bytes so far. */
  place(): { pass: number; at: number };
  /** Takes the next stored bytes. */
  update(bytes: Uint8Array): void;
  save(): SavedSummation;
  /** Ends a pass after its last byte. Returns whether a format needs another one. */
  endPass(): Promise<boolean>;
  /** The packages, once no pass is needed any more. */
  packages(): Promise<SummedPackage[]>;
};

/**
 * A format whose pieces change between the steps of a pass starts again. One that needs more passes than this is left
 * out, because a large file would be read forever.
 */
const MOST_PASSES = 6;

type Work = {
  format: string;
  maker: FramingMaker;
  signer: PackageSigner;
  signedBy: () => string | null;
  rounds: SummedRound[];
  /** The pieces of the finished rounds, and of the running one. */
  pieces: (readonly Segment[])[];
  /** Null: the round waits for the next pass. */
  sum: SegmentSum | null;
};

/**
 * Begins the sums of every framing for the facts' platform, or goes on with them. `at`: the bytes of the first pass
 * that the caller has read; sums that were saved at another place start again. A framing that throws is left out and
 * logged, because a fault in a format must not block a release; `about` are the fields of the log line. Never throws.
 */
export async function beginSummation(
  framings: readonly Framing[],
  facts: FramedFacts,
  signer: () => Promise<PackageSigner> | PackageSigner,
  about: Readonly<Record<string, string>>,
  resumed: { saved: SavedSummation | null; at: number } = { saved: null, at: 0 },
): Promise<Summation> {
  const { size: stored } = facts.binary.content;
  const usable = resumed.saved && (resumed.saved.pass > 0 || resumed.saved.at === resumed.at) ? resumed.saved : null;
  const place = { pass: usable?.pass ?? 0, at: usable?.at ?? resumed.at };
  const failed = (format: string, error: unknown) => logFailure("framing.failed", error, { ...about, format });

  /** The works that `step` leaves; those that throw are left out. */
  const each = async (works: readonly Work[], step: (work: Work) => Promise<void> | void): Promise<Work[]> => {
    const left: Work[] = [];
    for (const work of works) {
      try {
        await step(work);
        left.push(work);
      } catch (error) {
        failed(work.format, error);
      }
    }
    return left;
  };

  const piecesOf = async ({ maker, signer: key }: Work, rounds: readonly SummedRound[]) => {
    const make = maker.rounds[rounds.length];
    if (!make) throw new RangeError("it has no such round");
    const segments = await make(facts, key, rounds.map(roundSums));
    const fault = faultOfSegments(segments, stored);
    if (fault !== null) throw new RangeError(fault);
    return segments;
  };

  /** Begins the next round if the pass is at its start. */
  const begin = async (work: Work): Promise<void> => {
    if (work.sum !== null || work.rounds.length === work.maker.rounds.length || place.at > 0) return;
    if (work.pieces.length === work.rounds.length) work.pieces.push(await piecesOf(work, work.rounds));
    work.sum = segmentSum(work.pieces.at(-1) ?? [], stored);
  };

  /** Makes the pieces of the saved rounds again. Goes on only if they are the same. */
  const resume = async (work: Work): Promise<void> => {
    const saved = usable?.formats[work.format];
    if (!saved || saved.rounds.length > work.maker.rounds.length) return;
    const rounds = saved.rounds.map(({ size, state }) => ({ size, state: decodeBase64(state) }));
    const pieces: (readonly Segment[])[] = [];
    const until = Math.min(rounds.length + 1, work.maker.rounds.length);
    while (pieces.length < until) pieces.push(await piecesOf(work, rounds.slice(0, pieces.length)));
    if (digestOfSegments(pieces) !== saved.digest) return;
    Object.assign(work, { rounds, pieces });
    if (saved.state === null) return;
    work.sum = segmentSum(pieces.at(-1) ?? [], stored, { at: place.at, state: decodeBase64(saved.state) });
  };

  // Only the formats that sign need a signer.
  const key = await Promise.resolve()
    .then(signer)
    .catch((error: unknown) => missingSigner(error));
  let works: Work[] = [];
  for (const framing of framingsFor(framings, facts.platform)) {
    try {
      const noted = notedSigner(key);
      const maker = await framing.load();
      const work: Work = { ...noted, format: framing.name, maker, rounds: [], pieces: [], sum: null };
      await resume(work);
      await begin(work);
      works.push(work);
    } catch (error) {
      failed(framing.name, error);
    }
  }

  return {
    isEmpty: () => works.length === 0,
    place: () => ({ ...place }),
    update(bytes) {
      for (const { sum } of works) sum?.update(bytes);
      place.at += bytes.length;
    },
    save: () => ({
      ...place,
      formats: Object.fromEntries(
        works.map(({ format, rounds, pieces, sum }) => [
          format,
          {
            rounds: rounds.map(({ size, state }) => ({ size, state: encodeBase64(state) })),
            digest: digestOfSegments(pieces),
            state: sum && encodeBase64(sum.save()),
          },
        ]),
      ),
    }),
    async endPass() {
      works = await each(works, (work) => {
        if (work.sum === null) return;
        work.rounds.push(work.sum.result());
        work.sum = null;
      });
      Object.assign(place, { pass: place.pass + 1, at: 0 });
      const isDone = ({ rounds, maker }: Work) => rounds.length === maker.rounds.length;
      works = await each(works, (work) => {
        if (!isDone(work) && place.pass >= MOST_PASSES) throw new Error("its pieces changed too often");
        return begin(work);
      });
      return !works.every(isDone);
    },
    async packages() {
      const made: SummedPackage[] = [];
      await each(works, async ({ format, maker, signer: key, signedBy, rounds, pieces }) => {
        const sums = rounds.map(roundSums);
        const whole = sums.at(-1);
        const segments = pieces.at(-1);
        if (!whole || !segments) throw new RangeError("it has no round");
        const index = await maker.index(facts, key, sums);
        const { size, sha256 } = whole;
        made.push({ format, filename: maker.filename(facts), segments, size, sha256, index, signedBy: signedBy() });
      });
      return made;
    },
  };
}
