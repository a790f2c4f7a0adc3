import { describe, expect, it } from "vitest";
import { kindOfFilename } from "../../../src/domain/releases/artifact-kind.ts";
import { pkgverOf } from "../../../src/domain/workers/pkgver.ts";

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

describe("a file", () => {
  it.each(["w-1.0.0-1-x86_64.pkg.tar.zst", "w.pkg.tar.xz", "w.pkg.tar.gz"])("named %s is a package", (name) => {
    expect(kindOfFilename(name)).toBe("package");
  });

  it.each(["w-linux-x86_64", "w-linux-x86_64.tar.zst", "w.pkg.tar.bz2", "w.pkg.tar", "pkg.tar.gz"])(
    "named %s is a binary",
    (name) => {
      expect(kindOfFilename(name)).toBe("binary");
    },
  );
});
