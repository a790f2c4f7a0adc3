import { describe, expect, it } from "vitest";
import { pkgverOf } from "../../../src/domain/workers/recipe-rendering.ts";

describe("the pkgver of a version", () => {
  it.each([
    ["1.10.0", "1.10.0"],
    ["1.2.0-rc.1", "1.2.0rc.1"],
    ["1.2.0-rc-1.x-y", "1.2.0rc.1.x.y"],
    ["1.2.0-1", "1.2.0pre1"],
    ["1.2.0-0.alpha", "1.2.0pre0.alpha"],
    ["1.2.0--1", "1.2.0pre.1"],
    ["1.2.0-rc--1.x-.y", "1.2.0rc.1.x.y"],
  ])("of %s is %s", (version, pkgver) => {
    expect(pkgverOf(version)).toBe(pkgver);
  });
});
