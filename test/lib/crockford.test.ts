import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCrockford, encodeCrockford } from "../../src/lib/crockford.ts";

describe("crockford base32", () => {
  it("decodes every encoded byte string, in any case", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
        const text = encodeCrockford(bytes);
        expect(decodeCrockford(text, bytes.length)).toEqual(bytes);
        expect(decodeCrockford(text.toLowerCase(), bytes.length)).toEqual(bytes);
      }),
    );
  });

  it("decodes look-alikes as digits", () => {
    expect(decodeCrockford("OIL0", 2)).toEqual(decodeCrockford("0110", 2));
  });

  it("refuses other symbols, other lengths and non-zero padding", () => {
    expect(decodeCrockford("U0", 1)).toBeNull();
    expect(decodeCrockford("000", 1)).toBeNull();
    expect(decodeCrockford("Z1", 1)).toBeNull();
  });
});
