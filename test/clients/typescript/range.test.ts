import fc from "fast-check";
import satisfies from "semver/functions/satisfies.js";
import validRange from "semver/ranges/valid.js";
import { expect, it } from "vitest";
import { isInRange } from "../../../clients/typescript/src/range.ts";

const number = fc.nat(4);
const label = fc.constantFrom("", "", "", "-rc.1", "-0", "-alpha.beta", "-01", "+build");

const part = fc.oneof({ weight: 4, arbitrary: number.map(String) }, fc.constantFrom("x", "X", "*"));

/** A version of a range: one to three parts, and labels on a whole one. */
const named = fc
  .tuple(fc.array(part, { minLength: 1, maxLength: 3 }), label)
  .map(([parts, labels]) => parts.join(".") + (parts.length === 3 ? labels : ""))
  // A number after an `x` means something else behind each operator, and nobody writes it. The client refuses it.
  .filter((text) => !/[xX*]\.\d/.test(text));

const comparator = fc
  .tuple(fc.constantFrom("", "=", ">", ">=", "<", "<=", "~", "^"), fc.constantFrom("", "", " "), named)
  .map((texts) => texts.join(""));
const hyphen = fc.tuple(named, named).map(([from, to]) => `${from} - ${to}`);
const simple = fc.oneof(
  { weight: 4, arbitrary: fc.array(comparator, { minLength: 1, maxLength: 3 }).map((all) => all.join(" ")) },
  hyphen,
);
const range = fc.array(simple, { minLength: 1, maxLength: 2 }).map((all) => all.join(" || "));

it("a range has the same releases inside as in node-semver", () => {
  fc.assert(
    fc.property(range, fc.tuple(number, number, number), (text, release) => {
      // A range that node-semver cannot read covers nothing, in the catalog as well.
      const expected = validRange(text) !== null && satisfies(release.join("."), text);
      expect(isInRange(release, text), `${release.join(".")} in "${text}"`).toBe(expected);
    }),
    { numRuns: 5000 },
  );
});

it("a text that is no range has nothing inside", () => {
  for (const text of ["latest", "1.2.3.4", "=>1.0.0", "1.0.0 -", "<", "1..2", "01.2.3", "^~1", "x.2", "1.x.3"]) {
    expect(isInRange([1, 2, 3], text), text).toBe(false);
  }
});
