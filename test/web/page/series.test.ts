import fc from "fast-check";
import { expect, it } from "vitest";
import { MOST_SERIES, seriesOf, total } from "../../../src/web/page/chart/series.ts";

const DAYS = [0, 86_400, 172_800];

it("seriesOf: each count is in its day, and the largest series is first", () => {
  const counts = [
    { day: 0, name: "b", count: 1 },
    { day: 172_800, name: "a", count: 5 },
    { day: 259_200, name: "a", count: 100 },
  ];
  expect(seriesOf(counts, DAYS)).toEqual([
    { name: "a", values: [0, 0, 5] },
    { name: "b", values: [1, 0, 0] },
  ]);
  expect(seriesOf(counts, DAYS, ["b", "a", "c"]).map(({ name }) => name)).toEqual(["b", "a", "c"]);
});

it("seriesOf: at most MOST_SERIES series are returned, and no count is lost", () => {
  const count = fc.record({ day: fc.constantFrom(...DAYS), name: fc.string({ maxLength: 2 }), count: fc.nat(100) });
  fc.assert(
    fc.property(fc.array(count), (counts) => {
      const series = seriesOf(counts, DAYS);
      expect(series.length).toBeLessThanOrEqual(MOST_SERIES);
      expect(series.reduce((sum, one) => sum + total(one), 0)).toBe(counts.reduce((sum, one) => sum + one.count, 0));
    }),
  );
});
