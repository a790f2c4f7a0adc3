import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseByteRange } from "../../../src/platform/http/byte-range.ts";

const size = fc.integer({ min: 1, max: 2 ** 40 });

describe("a Range header", () => {
  it("requests the rest of an interrupted download", () => {
    fc.assert(
      fc.property(size, size, (total, have) => {
        const range = parseByteRange(`bytes=${have}-`, total);
        if (have >= total) expect(range).toBe("unsatisfiable");
        else expect(range).toEqual({ offset: have, length: total - have });
      }),
    );
  });

  it("never yields a byte outside the file", () => {
    fc.assert(
      fc.property(size, fc.option(size), fc.option(size), (total, first, last) => {
        const range = parseByteRange(`bytes=${first ?? ""}-${last ?? ""}`, total);
        if (typeof range === "string") return;
        expect(range.offset).toBeGreaterThanOrEqual(0);
        expect(range.length).toBeGreaterThan(0);
        expect(range.offset + range.length).toBeLessThanOrEqual(total);
      }),
    );
  });

  it.each([
    [null, "whole"],
    ["bytes=0-0", { offset: 0, length: 1 }],
    ["bytes=2-4", { offset: 2, length: 3 }],
    ["bytes=2-400", { offset: 2, length: 8 }],
    ["bytes=-3", { offset: 7, length: 3 }],
    ["bytes=-30", { offset: 0, length: 10 }],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=4-2", "whole"],
    ["bytes=0-1,3-4", "whole"],
    ["bytes=-", "whole"],
    ["lines=1-2", "whole"],
    ["bytes=a-b", "whole"],
    ["", "whole"],
  ] as const)("%j of ten bytes is %j", (header, expected) => {
    expect(parseByteRange(header, 10)).toEqual(expected);
  });
});
