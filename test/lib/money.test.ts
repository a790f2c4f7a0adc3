import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { amountWithCode, decimalAmount, decimalsOf, formatAmount } from "../../src/lib/money.ts";

describe("money", () => {
  it.each([
    [9_900, "usd", "$99", "99.00"],
    [27_950, "eur", "€279.50", "279.50"],
    [500, "jpy", "¥500", "500"],
    [-525, "usd", "-$5.25", "-5.25"],
    [0, "usd", "$0", "0.00"],
    [5, "gbp", "£0.05", "0.05"],
    [1_234_567_89, "USD", "$1,234,567.89", "1234567.89"],
    [1_500, "kwd", "KWD 1.500", "1.500"],
    [1_000, "kwd", "KWD 1", "1.000"],
  ])("%d %s is %s for people and %s as a number", (amount, currency, text, decimal) => {
    // Intl sets a no-break space between a code and its number.
    expect(formatAmount(amount, currency).replaceAll("\u00a0", " ")).toBe(text);
    expect(decimalAmount(amount, currency)).toBe(decimal);
    expect(amountWithCode(amount, currency)).toBe(`${decimal} ${currency.toUpperCase()}`);
  });

  it.each(["huf", "isk", "ugx", "idr", "cop", "twd", "xxx"])(
    "%s has two decimals at Stripe, and ICU counts for nothing",
    (currency) => {
      expect(decimalsOf(currency)).toBe(2);
      expect(decimalAmount(12_345, currency)).toBe("123.45");
      expect(formatAmount(12_345, currency)).toContain("123.45");
    },
  );

  it("the decimals of every currency are those of Stripe's list", () => {
    const listed = (decimals: number, codes: string) => {
      for (const code of codes.split(" ")) expect([code, decimalsOf(code)]).toEqual([code, decimals]);
    };
    listed(0, "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF");
    listed(3, "BHD JOD KWD OMR TND");
  });

  it("a plain decimal is exact for every amount", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom("usd", "jpy", "kwd"), (amount, currency) => {
        const text = decimalAmount(amount, currency);
        expect(Number(text.replace(".", ""))).toBe(amount);
        expect(text.split(".")[1]?.length ?? 0).toBe(decimalsOf(currency));
      }),
    );
  });

  it("a currency that is no code of three letters is shown as it is", () => {
    expect(formatAmount(100, "points")).toBe("1.00 POINTS");
  });
});
