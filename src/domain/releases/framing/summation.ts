import * as z from "zod";
import { lazy } from "../../../lib/lazy.ts";
import { logFailure } from "../../../lib/log.ts";
import { framingsFor } from "./facts.ts";
import type { FramedFacts, Framing } from "./framing.ts";
import {
  beginRound,
  endRound,
  isDone,
  newWork,
  type PackageWork,
  packageOf,
  resumeWork,
  type SummedPackage,
  savedWork,
} from "./package-work.ts";
import type { PackageSigner } from "./signer.ts";
import { missingSigner } from "./signer-note.ts";

const workSchema = lazy(() =>
  z.object({
    rounds: z.array(z.object({ size: z.int(), state: z.string() })),
    digest: z.string(),
    state: z.string().nullable(),
  }),
);

/**
 * The sums of packages to go on with: the pass (0 is the first read of the stored file), the bytes of it so far, and
 * the state of each format.
 */
export const savedSummationSchema = lazy(() =>
  z.object({ pass: z.int(), at: z.int(), formats: z.record(z.string(), workSchema()) }),
);
export type SavedSummation = z.infer<ReturnType<typeof savedSummationSchema>>;

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
  const saved = resumed.saved && (resumed.saved.pass > 0 || resumed.saved.at === resumed.at) ? resumed.saved : null;
  const place = { pass: saved?.pass ?? 0, at: saved?.at ?? resumed.at };
  // Only the formats that sign need a signer.
  const key = await Promise.resolve()
    .then(signer)
    .catch((error: unknown) => missingSigner(error));
  const begun = await eachFormat(framingsFor(framings, facts.platform), about, async (framing) => {
    const work = await newWork(framing, facts, key);
    const state = saved?.formats[framing.name];
    if (state) await resumeWork(work, state, place.at);
    if (place.at === 0) await beginRound(work);
    return work;
  });
  return summationOfWorks(begun, place, about);
}

/** The results of `step` for each framing or work. One that throws is left out, and logged with the fields `about`. */
async function eachFormat<One extends Framing | PackageWork, Result>(
  all: readonly One[],
  about: Readonly<Record<string, string>>,
  step: (one: One) => Promise<Result> | Result,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const one of all) {
    try {
      results.push(await step(one));
    } catch (error) {
      logFailure("framing.failed", error, { ...about, format: "format" in one ? one.format : one.name });
    }
  }
  return results;
}

function summationOfWorks(
  begun: readonly PackageWork[],
  place: { pass: number; at: number },
  about: Readonly<Record<string, string>>,
): Summation {
  let works = begun;
  return {
    isEmpty: () => works.length === 0,
    place: () => ({ ...place }),
    update(bytes) {
      for (const { sum } of works) sum?.update(bytes);
      place.at += bytes.length;
    },
    save: () => ({ ...place, formats: Object.fromEntries(works.map((work) => [work.format, savedWork(work)])) }),
    async endPass() {
      Object.assign(place, { pass: place.pass + 1, at: 0 });
      works = await eachFormat(works, about, async (work) => {
        endRound(work);
        if (!isDone(work) && place.pass >= MOST_PASSES) throw new Error("its pieces changed too often");
        await beginRound(work);
        return work;
      });
      return !works.every(isDone);
    },
    packages: () => eachFormat(works, about, packageOf),
  };
}
