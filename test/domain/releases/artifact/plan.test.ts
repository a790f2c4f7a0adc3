import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_FILE_SIZE, PART_SIZE, partCount, sizeOfPart } from "../../../../src/domain/releases/artifact/plan.ts";

const MiB = 1024 * 1024;

describe("the parts of a file", () => {
  it("are equal except for the last, and add up to the file", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 * PART_SIZE }), (size) => {
        const plan = { size, part_size: PART_SIZE };
        const sizes = Array.from({ length: partCount(plan) }, (_, index) => sizeOfPart(plan, index + 1) ?? 0);
        expect(sizes.reduce((sum, part) => sum + part, 0)).toBe(size);
        expect(sizes.slice(0, -1).every((part) => part === PART_SIZE)).toBe(true);
        expect(sizes.every((part) => part > 0)).toBe(true);
      }),
    );
  });

  it("are within the limits of R2 and the platform", () => {
    expect(PART_SIZE).toBeGreaterThanOrEqual(5 * MiB);
    expect(PART_SIZE).toBeLessThan(95 * MiB);
    expect(partCount({ size: MAX_FILE_SIZE, part_size: PART_SIZE })).toBeLessThanOrEqual(10_000);
  });

  it("end with the last one", () => {
    const plan = { size: PART_SIZE + 1, part_size: PART_SIZE };
    expect([0, 1, 2, 3, -1, 1.5, Number.NaN].map((n) => sizeOfPart(plan, n))).toEqual([
      null,
      PART_SIZE,
      1,
      null,
      null,
      null,
      null,
    ]);
  });
});
