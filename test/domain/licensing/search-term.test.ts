import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holdsCredential } from "../../../src/domain/licensing/search-term.ts";

describe("a text that may hold a credential", () => {
  it.each([
    ["a license key", "rbee_lic_06b4m2v8w5r7q1t3x9z2k4n6p8"],
    ["a key in capitals, within other text", "key=RBEE_LIC_06B4M2"],
    ["an admin token", "rbee_adm_c0ffee"],
    ["a signed token", "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln"],
    ["a token with something right before it", "?q=%20eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0"],
  ])("does: %s", (_, text) => {
    expect(holdsCredential(text)).toBe(true);
  });

  it.each(["", "ada@example.com", "lic_06b4m2v8w5r7q1t3x9z2k4n6p8", "eyJ", "eyJorn x.", "monkeyjar.example"])(
    "does not: %s",
    (text) => {
      expect(holdsCredential(text)).toBe(false);
    },
  );

  it("does where a word with the beginning of a token ends in a dot", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[eyJ.x -]{0,40}$/), (text) => {
        expect(holdsCredential(text)).toBe(
          text
            .split(".")
            .slice(0, -1)
            .some((part) => /eyJ[\w-]*$/.test(part)),
        );
      }),
    );
  });

  it("is looked through to the end, however often it goes on beginning a token", () => {
    const text = "eyJ".repeat(300_000);
    expect([holdsCredential(text), holdsCredential(`${text}.`)]).toEqual([false, true]);
  });
});
