import { describe, expect, it } from "vitest";
import { forgetIsolate, IsolateCache, once, onceResolved } from "../../src/lib/isolate.ts";

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
});
