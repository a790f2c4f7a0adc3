import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable, printableJson, printableLines } from "../../src/lib/printable.ts";

describe("printable", () => {
  it.each([
    ["an escape sequence", "\x1b[31m", "?[31m"],
    ["a control sequence of C1", "\u009b2J", "?2J"],
    ["a carriage return", "safe\rrm", "safe?rm"],
    ["a zero-width space", "a\u200bb", "a?b"],
    ["marks of direction", "\u200e\u200f\u061c", "???"],
    ["overrides and isolates of direction", "\u202e\u2066\u2069", "???"],
    ["separators of lines and paragraphs", "a\u2028b\u2029c", "a?b?c"],
    ["a byte order mark", "\ufeffx", "?x"],
    ["a soft hyphen", "pass\u00adword", "pass?word"],
    ["a word joiner", "a\u2060b", "a?b"],
    ["tags", "hi\u{e0041}\u{e007f}", "hi??"],
    ["the supplement of variation selectors", "x\u{e0100}\u{e01ef}", "x??"],
    ["a filler of Hangul", "\u3164", "?"],
    ["half a character", "a\ud800b", "a?b"],
  ])("replaces %s", (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it.each(["Zoë's M2", "می‌خواهم", "👩‍👩‍👧 ❤️", "क्‍ष", "日本語", "a\u00a0b", ""])("leaves %j unchanged", (text) => {
    expect(printable(text)).toBe(text);
    expect(printableLines(text)).toBe(text);
  });

  it("leaves the line feeds and tabs of several lines, and nothing else", () => {
    expect(printableLines("a\r\n\n\tb\r\u2028\x00")).toBe("a\n\n\tb???");
  });
});

describe("JSON for a terminal", () => {
  it("means the same, and holds no character that printable replaces", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), fc.constantFrom(0, 2), (value, indent) => {
        const json = printableJson(JSON.stringify(value, null, indent));
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(printableLines(json)).toBe(json);
      }),
    );
    expect(printableJson('"\u009b\u{e0041}"')).toBe('"\\u009b\\udb40\\udc41"');
  });
});
