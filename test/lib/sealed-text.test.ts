import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveSealKey, importSealKey, openSealed, sealText } from "../../src/lib/sealed-text.ts";

const secret = new Uint8Array(32).fill(7);
const key = await importSealKey(secret);

describe("a sealed text", () => {
  it("opens with the key that it was sealed with", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), async (text) => {
        expect(await openSealed(await sealText(text, key), key, 4096)).toBe(text.toWellFormed());
      }),
      { numRuns: 30 },
    );
  });

  it("opens with no other key, and not for another purpose of the same secret", async () => {
    const sealed = await sealText("text", key);
    expect(await openSealed(sealed, await importSealKey(new Uint8Array(32)), 4096)).toBeNull();
    expect(await openSealed(sealed, await deriveSealKey(secret, "a"), 4096)).toBeNull();
    const forA = await sealText("text", await deriveSealKey(secret, "a"));
    expect(await openSealed(forA, await deriveSealKey(secret, "b"), 4096)).toBeNull();
    expect(await openSealed(forA, await deriveSealKey(secret, "a"), 4096)).toBe("text");
  });

  it("does not open altered, cut, empty or too long", async () => {
    const sealed = await sealText("text", key);
    for (let at = 0; at < sealed.length; at++) {
      const other = sealed[at] === "A" ? "B" : "A";
      expect(await openSealed(sealed.slice(0, at) + other + sealed.slice(at + 1), key, 4096)).toBeNull();
    }
    for (const text of ["", sealed.slice(0, -1), `${sealed}=`, `${sealed}.`]) {
      expect(await openSealed(text, key, 4096)).toBeNull();
    }
    expect(await openSealed(sealed, key, sealed.length - 1)).toBeNull();
  });
});
