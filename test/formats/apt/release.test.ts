import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listingDate, SETTLING } from "../../../src/domain/delivery/tier-listing.ts";
import { releaseDate } from "../../../src/formats/apt/release.ts";
import { DAY } from "../../../src/lib/time.ts";

const MIDNIGHT = 20_000 * DAY;

/** The date of a suite at `now` whose newest record is of `changedAt`. */
const dateAt = (changedAt: number, now: number) => releaseDate(listingDate(changedAt, now), now);

const aroundMidnight = fc.integer({ min: MIDNIGHT - 200, max: MIDNIGHT + 200 });

describe("the date of a suite", () => {
  it("is later once a change has propagated, also over midnight, so that apt asks for the lists once more", () => {
    fc.assert(
      fc.property(aroundMidnight, fc.nat(SETTLING), fc.nat(DAY), (changedAt, early, late) => {
        const settled = changedAt + SETTLING + 1 + late;
        expect(dateAt(changedAt, settled)).toBeGreaterThan(dateAt(changedAt, changedAt + early));
      }),
      { numRuns: 1000 },
    );
  });

  it("never goes back, and is of the last two days", () => {
    fc.assert(
      fc.property(aroundMidnight, fc.nat(DAY), fc.nat(3 * DAY), (changedAt, first, more) => {
        const now = changedAt + first + more;
        expect(dateAt(changedAt, now)).toBeGreaterThanOrEqual(dateAt(changedAt, changedAt + first));
        expect(now - dateAt(changedAt, now)).toBeLessThan(DAY + SETTLING + 2);
      }),
    );
  });
});
