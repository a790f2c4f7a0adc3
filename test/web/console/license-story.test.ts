import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newestOf, type StoryEntry } from "../../../src/web/console/license/story.ts";

const entry = (at: number, index: number): StoryEntry => {
  const file = { worker_id: "w", version: "1.0.0", platform: "linux-x86_64", machine: null };
  return { kind: "download", id: `dl_${index}`, at, ...file };
};

/** Reads a page from each source: at most one entry more than the limit. */
const readPart = (sources: StoryEntry[][], limit: number, before: number): StoryEntry[] =>
  sources.flatMap((all) =>
    all
      .filter(({ at }) => at < before)
      .sort((a, b) => b.at - a.at)
      .slice(0, limit + 1),
  );

describe("newestOf", () => {
  it("reading page by page returns each entry once, newest first, unless one second exceeds the limit", () => {
    const LIMIT = 6;
    // Each of the three sources has at most two entries in one second.
    const times = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 40 });
    const source = fc.tuple(times, times).map(([a, b]) => [...a, ...b]);
    fc.assert(
      fc.property(fc.tuple(source, source, source), (all) => {
        let index = 0;
        const sources = all.map((some) => some.map((at) => entry(at, index++)));
        const seen: StoryEntry[] = [];
        for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
          const part = newestOf(readPart(sources, LIMIT, before), LIMIT);
          expect(part.entries.length).toBeLessThanOrEqual(LIMIT + 1);
          seen.push(...part.entries);
          before = part.next;
        }
        expect(seen.map(({ id }) => id).sort()).toEqual(
          sources
            .flat()
            .map(({ id }) => id)
            .sort(),
        );
        expect(seen.map(({ at }) => at)).toEqual(seen.map(({ at }) => at).toSorted((a, b) => b - a));
      }),
    );
  });
});
