import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moment, positiveInteger } from "../../src/cli/input.ts";

const now = Date.parse("2026-11-23T12:00:00Z");

describe("a time on the command line", () => {
  it("is a date, an RFC 3339 time, or days from now", () => {
    expect(moment("2027-01-31", now)).toBe("2027-01-31T00:00:00Z");
    expect(moment("2027-01-31T10:00:00+02:00", now)).toBe("2027-01-31T08:00:00Z");
    expect(moment("30d", now)).toBe("2026-12-23T12:00:00Z");
  });

  it.each(["", "tomorrow", "2027-02-30", "2027-13-01", "2027-01-31T10:00", "1.5d", "-3d", "31/01/2027"])(
    "is not %j",
    (text) => {
      expect(() => moment(text, now)).toThrow("Give a date");
    },
  );

  it("keeps every second it is given", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("1970-01-01Z"), max: new Date("9999-12-31Z"), noInvalidDate: true }),
        (date) => {
          const text = `${date.toISOString().slice(0, 19)}Z`;
          expect(moment(text, now)).toBe(text);
        },
      ),
    );
  });
});

describe("a number on the command line", () => {
  it("is whole and positive", () => {
    expect(positiveInteger("25")).toBe(25);
    for (const text of ["0", "-1", "1.5", "1e3", "", "ten"])
      expect(() => positiveInteger(text)).toThrow("whole number");
  });
});
