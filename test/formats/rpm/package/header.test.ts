import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  binary,
  encodeHeader,
  type HeaderEntry,
  i18nString,
  int16,
  int32,
  int64,
  string,
  strings,
} from "../../../../src/formats/rpm/package/header.ts";
import { decodeHeader } from "./decoded-header.ts";
import { RPMBUILD_HEADER } from "./rpmbuild-header.ts";

const text = fc.string().map((value) => value.replaceAll("\0", ""));
const many = { minLength: 1, maxLength: 5 };
const value = fc.oneof(
  fc.array(fc.nat(0xffff), many).map(int16),
  fc.array(fc.nat(0xffff_ffff), many).map(int32),
  fc.array(fc.maxSafeNat(), many).map(int64),
  text.map(string),
  text.map(i18nString),
  fc.array(text, many).map(strings),
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map(binary),
);
const entries = fc.uniqueArray(fc.tuple(fc.integer({ min: 100, max: 6000 }), value), { selector: ([tag]) => tag });

describe("header", () => {
  it("is encoded byte for byte as rpmbuild encodes the same entries", () => {
    const theirs = new Uint8Array(Buffer.from(RPMBUILD_HEADER, "base64"));
    const { region, entries: read, length } = decodeHeader(theirs);
    expect(length).toBe(theirs.length);
    expect(read.length).toBeGreaterThan(50);
    expect(encodeHeader(region, read.toReversed())).toEqual(theirs);
  });

  it("is read back with the same entries, sorted by tag", () => {
    fc.assert(
      fc.property(entries, (given: HeaderEntry[]) => {
        const bytes = encodeHeader(63, given);
        const { region, entries: read, length } = decodeHeader(bytes);
        expect(region).toBe(63);
        expect(length).toBe(bytes.length);
        const sorted = given.toSorted(([a], [b]) => a - b);
        expect(read.map(([tag, { type, count }]) => [tag, type, count])).toEqual(
          sorted.map(([tag, { type, count }]) => [tag, type, count]),
        );
        expect(read.map(([, { bytes: data }]) => [...data])).toEqual(sorted.map(([, { bytes: data }]) => [...data]));
      }),
      { numRuns: 50 },
    );
  });

  it("has the bytes of the manual's example of a string entry", () => {
    // rpm's manual, "format_header": magic, counts and an index entry of tag 1000.
    const bytes = encodeHeader(63, [[1000, string("rpm")]]);
    const hex = Buffer.from(bytes).toString("hex");
    expect(hex).toBe(
      "8eade80100000000" +
        "0000000200000014" +
        "0000003f000000070000000400000010" +
        "000003e8000000060000000000000001" +
        "72706d00" +
        "0000003f00000007ffffffe000000010",
    );
  });
});
