import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { forgetIsolate, IsolateCache, once, onceResolved, roughSize } from "../../src/lib/isolate.ts";

describe("once", () => {
  it("makes one value for each key until the isolate is forgotten", () => {
    let made = 0;
    const numberOf = once((_key: object) => ++made);
    const [one, other] = [{}, {}];
    expect([numberOf(one), numberOf(one), numberOf(other)]).toEqual([1, 1, 2]);
    forgetIsolate();
    expect(numberOf(one)).toBe(3);
  });

  it("makes a value again after a throw", () => {
    let attempts = 0;
    const value = once((_key: object) => {
      if (++attempts === 1) throw new Error("not yet");
      return attempts;
    });
    const key = {};
    expect(() => value(key)).toThrow("not yet");
    expect([value(key), value(key)]).toEqual([2, 2]);
  });
});

describe("onceResolved", () => {
  it("keeps the resolved value, and no rejection", async () => {
    let attempts = 0;
    const value = onceResolved(async (_key: object) => {
      if (++attempts === 1) throw new Error("not yet");
      return { attempts };
    });
    const key = {};
    await expect(value(key)).rejects.toThrow("not yet");
    const kept = await value(key);
    expect(kept).toEqual({ attempts: 2 });
    expect(await value(key)).toBe(kept);
  });
});

describe("an isolate's cache", () => {
  it("holds a value until its end, and drops the least recently used one when full", () => {
    const cache = new IsolateCache<number>(2);
    cache.set("a", 1, 10);
    cache.set("b", 2, 20);
    expect([cache.get("a", 9), cache.get("b", 9)]).toEqual([1, 2]);
    expect(cache.get("a", 9)).toBe(1);
    cache.set("c", 3, 20);
    expect([cache.get("a", 9), cache.get("b", 9), cache.get("c", 9)]).toEqual([1, undefined, 3]);
    expect(cache.get("a", 10)).toBeUndefined();
    forgetIsolate();
    expect(cache.get("c", 9)).toBeUndefined();
  });

  it("never takes more entries or bytes than it may, and holds the newest that fits, for any values in any order", () => {
    const entry = fc.tuple(fc.constantFrom("a", "b", "c", "d", "e"), fc.nat(400), fc.boolean());
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const cache = new IsolateCache<string>(3, 1000);
        for (const [key, length, isDropped] of entries) {
          if (isDropped) cache.delete(key);
          else cache.set(key, "x".repeat(length * 4), 10);
          const held = ["a", "b", "c", "d", "e"].flatMap((name) => {
            const value = cache.get(name, 5);
            return value === undefined ? [] : [roughSize(name) + roughSize(value)];
          });
          expect(held.length).toBeLessThanOrEqual(3);
          expect(cache.size).toBe(held.reduce((sum, size) => sum + size, 0));
          expect(cache.size).toBeLessThanOrEqual(1000);
          const fits = !isDropped && roughSize(key) + 16 + length * 4 <= 1000;
          expect(cache.get(key, 5) !== undefined).toBe(fits);
        }
      }),
    );
  });

  it("counts bytes as they are, and objects by what they hold", () => {
    expect(roughSize(new Uint8Array(1000))).toBeGreaterThanOrEqual(1000);
    expect(roughSize({ text: "x".repeat(1000), list: [1, 2, "y".repeat(500)] })).toBeGreaterThanOrEqual(1500);
    expect(roughSize(null)).toBeLessThan(20);
  });
});
