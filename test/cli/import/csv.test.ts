import { describe, expect, it } from "vitest";
import { parseCsv } from "../../../src/cli/import/csv.ts";

const rowsOf = (text: string) => parseCsv(text).rows.map(({ line, cells }) => [line, Object.fromEntries(cells)]);

describe("a CSV file", () => {
  it("is read by the names of its columns, in any case, behind a byte order mark", () => {
    expect(rowsOf("\ufeffKey, Email\nA-1,ada@example.com\n")).toEqual([[2, { key: "A-1", email: "ada@example.com" }]]);
  });

  it("may have quotes, separators and line ends in its cells, and each row knows its line", () => {
    expect(rowsOf('key,note\r\n1,"a ""b"", c\nd"\r\n\r\n2,e\r\n')).toEqual([
      [2, { key: "1", note: 'a "b", c\nd' }],
      [5, { key: "2", note: "e" }],
    ]);
  });

  it.each([";", "\t"])("may be separated by %j", (separator) => {
    expect(rowsOf(`${["key", "email"].join(separator)}\n${["1", "a, b"].join(separator)}`)).toEqual([
      [2, { key: "1", email: "a, b" }],
    ]);
  });

  it("has empty cells where a row is short, and loses the apostrophe before a formula", () => {
    expect(rowsOf("key,email,note\n1\n'=2,'x\n")).toEqual([
      [2, { key: "1", email: "", note: "" }],
      [3, { key: "=2", email: "'x", note: "" }],
    ]);
  });

  it("without rows has its columns", () => {
    expect(parseCsv("key,email")).toEqual({ columns: ["key", "email"], rows: [] });
    expect(parseCsv("").rows).toEqual([]);
  });
});
