import { describe, expect, it } from "vitest";
import { formatBytes, formatCount, formatDate, formatDateTime } from "../../../src/web/page/format.tsx";

describe("formats for people", () => {
  it.each([
    [0, "0 bytes"],
    [999, "999 bytes"],
    [1000, "1.0 kB"],
    [36_000, "36 kB"],
    [412_345_678, "412 MB"],
    [1_250_000_000, "1.3 GB"],
    [9e15, "9000 TB"],
  ])("%d bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it("counts and dates are formatted for display", () => {
    expect(formatCount(32_768)).toBe("32,768");
    const at = Date.UTC(2026, 4, 3, 14, 5) / 1000;
    expect(formatDate(at)).toBe("3 May 2026");
    expect(formatDateTime(at)).toBe("3 May 2026, 14:05 UTC");
  });
});
