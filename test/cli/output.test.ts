import { describe, expect, it } from "vitest";
import {
  formatFields,
  formatProgress,
  formatSize,
  formatTable,
  startLoggedProgress,
  startProgress,
} from "../../src/cli/output.ts";
import { printable } from "../../src/lib/printable.ts";

describe("a table in the terminal", () => {
  it("aligns its columns and shows a missing value as a hyphen", () => {
    const rows = [
      ["a", "long value", 1],
      ["bcd", null, undefined],
    ];
    expect(formatTable(["X", "Y", "Z"], rows)).toBe(
      ["X    Y           Z", "a    long value  1", "bcd  -           -"].join("\n"),
    );
    expect(formatFields({ Name: "x", Longer: "" })).toBe("Name    x\nLonger  -");
  });

  it("replaces every control character in a text from the catalog", () => {
    expect(formatTable(["NAME"], [["\x1b[31mred\x07\r\nnext"]])).toBe("NAME\n?[31mred???next");
    const everyCharacter = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code)).join("");
    expect(/[\p{Cc}\u202e]/u.test(printable(everyCharacter))).toBe(false);
  });
});

describe("sizes and progress", () => {
  it("are formatted for people", () => {
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

  const pipeTo = (written: string[]): NodeJS.WriteStream =>
    Object.assign(Object.create(process.stderr), { isTTY: false, write: (text: string) => written.push(text) });

  it("draw nothing into a pipe", () => {
    const written: string[] = [];
    for (const start of [startProgress, startLoggedProgress]) {
      const progress = start("worker", 10, pipeTo(written));
      progress.update(5);
      progress.finish();
    }
    expect(written).toEqual([]);
  });

  it("of a large publication write one line into a pipe for each tenth that is reached", () => {
    const written: string[] = [];
    const progress = startLoggedProgress("worker", 2 ** 33, pipeTo(written));
    for (const done of [0, 2 ** 29, 2 ** 30, 2 ** 30 + 1, 2 ** 32, 2 ** 33, 2 ** 33]) progress.update(done);
    progress.finish();
    expect(written).toEqual([
      "worker: 10% (1.0 GiB of 8.0 GiB)\n",
      "worker: 50% (4.0 GiB of 8.0 GiB)\n",
      "worker: 100% (8.0 GiB of 8.0 GiB)\n",
    ]);
  });
});
