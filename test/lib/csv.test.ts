import { expect, it } from "vitest";
import { csvLine } from "../../src/lib/csv.ts";

it.each([
  [["a", 1, null], "a,1,"],
  [['say "hi"', "a,b", "two\nlines"], '"say ""hi""","a,b","two\nlines"'],
  [["-5.00", "+1", "-1+1", "12"], "-5.00,'+1,'-1+1,12"],
  [["=1+1", "@sum", "\tx", "\r=1"], "'=1+1,'@sum,'\tx,\"'\r=1\""],
  [['=HYPERLINK("http://evil","x")'], '"\'=HYPERLINK(""http://evil"",""x"")"'],
])("csvLine: %j is %s, and no cell is a formula", (cells, line) => expect(csvLine(cells)).toBe(`${line}\r\n`));
