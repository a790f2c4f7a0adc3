import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFields, formatProgress, formatSize, formatTable, startProgress } from "../../src/cli/output.ts";
import { printable } from "../../src/lib/printable.ts";

describe("a table", () => {
  it("aligns its columns and marks what is missing", () => {
    const rows = [
      ["a", "long value", 1],
      ["bcd", null, undefined],
    ];
    expect(formatTable(["X", "Y", "Z"], rows)).toBe(
      ["X    Y           Z", "a    long value  1", "bcd  -           -"].join("\n"),
    );
    expect(
      formatFields([
        ["Name", "x"],
        ["Longer", ""],
      ]),
    ).toBe("Name    x\nLonger  -");
  });

  it("lets no text from elsewhere control the terminal", () => {
    expect(formatTable(["NAME"], [["\x1b[31mred\x07\r\nnext"]])).toBe("NAME\n?[31mred???next");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\u202e]/u);
      }),
    );
  });
});

describe("sizes and progress", () => {
  it("are for people", () => {
    expect([1, 1023, 1024, 35_739, 2 ** 30].map(formatSize)).toEqual([
      "1 B",
      "1023 B",
      "1.0 KiB",
      "34.9 KiB",
      "1.0 GiB",
    ]);
    expect(formatProgress("worker", 512, 1024)).toBe("worker  [############------------]  50%  512 B of 1.0 KiB");
    expect(formatProgress("worker", 0, 0)).toContain("100%");
  });

  it("draw nothing where nobody looks", () => {
    const written: string[] = [];
    const pipe = Object.assign(Object.create(process.stderr), {
      isTTY: false,
      write: (text: string) => written.push(text),
    });
    const progress = startProgress("worker", 10, pipe);
    progress.update(5);
    progress.finish();
    expect(written).toEqual([]);
  });
});
