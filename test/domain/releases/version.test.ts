import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHANNELS } from "../../../src/domain/releases/manifest.ts";
import {
  channelIncludes,
  compareVersions,
  defaultChannel,
  isPrerelease,
  mayBeIn,
  parseVersion,
} from "../../../src/domain/releases/version.ts";

const part = fc.nat({ max: 10_000 });
const identifier = fc.oneof(
  fc.nat({ max: 99 }).map(String),
  fc.constantFrom("rc", "beta", "alpha", "rc1", "BETA", "nightly", "x-y"),
);
const version = fc
  .tuple(part, part, part, fc.array(identifier, { maxLength: 3 }))
  .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre.length > 0 ? `-${pre.join(".")}` : ""}`);

describe("a version", () => {
  it("is accepted in its canonical spelling", () => {
    fc.assert(
      fc.property(version, (text) => {
        expect(parseVersion(text)).toEqual({ ok: true, value: text });
      }),
    );
  });

  it.each(["v1.0.0", "1.0.0+build.5", " 1.0.0", "1.0.0\n", "=1.0.0", "1.0", "01.0.0", "1.0.0-01", "", "latest"])(
    "is refused as %j",
    (text) => expect(parseVersion(text).ok).toBe(false),
  );

  it("is refused beyond 64 characters and never throws", () => {
    expect(parseVersion(`1.0.0-${"a".repeat(59)}`).ok).toBe(false);
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseVersion(text)));
  });

  it("has one spelling for each precedence", () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(compareVersions(a, b) === 0).toBe(a === b);
      }),
    );
  });
});

describe("the order of versions", () => {
  it("is semver's, not alphabetical", () => {
    const sorted = ["1.9.0", "1.10.0", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0", "1.0.0-beta"].sort(compareVersions);
    expect(sorted).toEqual(["1.0.0-beta", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0", "1.9.0", "1.10.0"]);
  });
});

describe("the channel of a version", () => {
  it.each([
    ["1.0.0", "stable"],
    ["1.0.0-rc.1", "rc"],
    ["1.0.0-rc1", "rc"],
    ["1.0.0-BETA.2", "beta"],
    ["1.0.0-alpha", "alpha"],
    ["1.0.0-nightly.20261123", "alpha"],
    ["1.0.0-betamax", "alpha"],
    ["1.0.0-0", "alpha"],
  ])("of %s is %s by default", (text, channel) => expect(defaultChannel(text)).toBe(channel));

  it("is never stable for a prerelease", () => {
    fc.assert(
      fc.property(version, fc.constantFrom(...CHANNELS), (text, channel) => {
        expect(mayBeIn(text, channel)).toBe(!(isPrerelease(text) && channel === "stable"));
        expect(mayBeIn(text, defaultChannel(text))).toBe(true);
      }),
    );
  });

  it("reaches the followers of less stable channels too", () => {
    const gets = (followed: (typeof CHANNELS)[number]) =>
      CHANNELS.filter((channel) => channelIncludes(followed, channel));
    expect(gets("stable")).toEqual(["stable"]);
    expect(gets("beta")).toEqual(["stable", "rc", "beta"]);
    expect(gets("alpha")).toEqual([...CHANNELS]);
  });
});
