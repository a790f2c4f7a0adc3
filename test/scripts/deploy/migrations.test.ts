import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { unstable_splitSqlQuery } from "wrangler";
import { PROJECT } from "../../../scripts/development/paths.ts";

/** The length of a statement that D1 refuses, in bytes (https://developers.cloudflare.com/d1/platform/limits/). */
const STATEMENT_BYTES = 100_000;

const folder = join(PROJECT, "migrations");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".sql"));

describe.each(files)("migrations/%s", (file) => {
  const sql = readFileSync(join(folder, file), "utf8");

  it("writes each trigger on one line, because D1 may split others at their semicolons", () => {
    const lines = sql.split("\n").filter((line) => /^\s*CREATE\s+(TEMP\w*\s+)?TRIGGER\b/i.test(line));
    expect(lines.filter((line) => !/\bEND;$/.test(line))).toEqual([]);
    expect(lines).toHaveLength(sql.match(/\bCREATE\s+(TEMP\w*\s+)?TRIGGER\b/gi)?.length ?? 0);
  });

  it("has no statement over 100,000 bytes", () => {
    for (const statement of unstable_splitSqlQuery(sql)) {
      expect(Buffer.byteLength(statement)).toBeLessThan(STATEMENT_BYTES);
    }
  });
});

it("the folders of migrations have a number for each file, and none twice", () => {
  const numbers = files.map((file) => file.replace(/(\d{4})_[a-z0-9_]+\.sql$/, "$1"));
  expect(numbers.filter((number) => !/^(\w+\/)?\d{4}$/.test(number))).toEqual([]);
  expect(new Set(numbers).size).toBe(numbers.length);
});
