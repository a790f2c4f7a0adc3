import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allows, allowsAll, SCOPES } from "../../../src/platform/config/scopes.ts";

const scopes = fc.subarray([...SCOPES]);

describe("scopes", () => {
  it("allow everything to an owner", () => {
    for (const needed of SCOPES) expect(allows(["owner"], needed)).toBe(true);
  });

  it("include reading in writing the same noun, and not the reverse", () => {
    expect(allows(["licenses:write"], "licenses:read")).toBe(true);
    expect(allows(["tokens:write"], "tokens:read")).toBe(true);
    expect(allows(["licenses:read"], "licenses:write")).toBe(false);
    expect(allows(["licenses:write"], "releases:read")).toBe(false);
  });

  it("never allow `owner` without `owner`", () => {
    const others = SCOPES.filter((scope) => scope !== "owner");
    expect(allows(others, "owner")).toBe(false);
  });

  it("can only shrink when they are granted to another token", () => {
    fc.assert(
      fc.property(scopes, scopes, scopes, (first, second, third) => {
        if (allowsAll(first, second) && allowsAll(second, third)) expect(allowsAll(first, third)).toBe(true);
        expect(allowsAll(first, first)).toBe(true);
        expect(allowsAll([], second)).toBe(second.length === 0);
      }),
    );
  });
});
