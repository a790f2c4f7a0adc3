import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FormObject, type FormValue, parseForm } from "../../scripts/stripe-stand-in/http/form.ts";

const name = fc.stringMatching(/^[a-z_]{1,8}$/);
const value = fc.letrec<{ value: FormValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.array(tie("value"), { minLength: 1, maxLength: 3 }),
    fc.dictionary(name, tie("value"), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
  ),
})).value;
const form = fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true });

/** The encoding of the SDK: `a[b][0]=c`. */
function pairs(prefix: string, part: FormValue): [string, string][] {
  if (typeof part === "string") return [[prefix, part]];
  return Object.entries(part).flatMap(([key, inner]) => pairs(`${prefix}[${key}]`, inner));
}
const encode = (whole: FormObject): string =>
  new URLSearchParams(Object.entries(whole).flatMap(([key, part]) => pairs(key, part))).toString();

describe("parseForm", () => {
  test("parses nested values that the SDK encodes", () => {
    fc.assert(
      fc.property(form, (whole) => {
        expect(parseForm(encode(whole))).toEqual(whole);
      }),
    );
  });

  test("accepts a list without numbers", () => {
    expect(parseForm("expand[]=a&expand[]=b")).toEqual({ expand: ["a", "b"] });
  });

  test("parses or refuses every text with status 400", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a[\]=&%01]{0,20}$/)), (text) => {
        try {
          parseForm(text);
        } catch (error) {
          expect(error).toHaveProperty("status", 400);
        }
      }),
    );
  });

  test.each(["a=1&a[b]=2", "a[b=1", "[a]=1", "a]=1"])("refuses %s", (text) => {
    expect(() => parseForm(text)).toThrow("Invalid parameter name");
  });

  test("treats the names of inherited properties like any other", () => {
    const parsed = parseForm("__proto__[polluted]=1&constructor=2");
    expect(Reflect.get({}, "polluted")).toBeUndefined();
    expect(Object.keys(parsed).sort()).toEqual(["__proto__", "constructor"]);
  });
});
