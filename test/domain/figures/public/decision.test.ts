import { describe, expect, it } from "vitest";
import {
  byPlatform,
  merged,
  publicDownloads,
  releaseFacts,
  sumOf,
} from "../../../../src/domain/figures/public/decision.ts";
import type { FileCount } from "../../../../src/platform/usage/read.ts";

const file = (version: string, counts: Partial<FileCount>): FileCount => ({
  worker_id: "w",
  version,
  platform: "linux-x86_64",
  total: 0,
  last_30_days: 0,
  last_30_full_days: 0,
  today: 0,
  ...counts,
});

const release = (version: string, status: "published" | "yanked" | "blocked", published_at = 1) =>
  ({ version, channel: "stable", status, published_at }) as const;

describe("public downloads", () => {
  const releases = [release("1.2.0", "published"), release("1.1.0", "yanked"), release("1.0.0", "blocked")];
  const files = [
    file("1.2.0", { total: 130, last_30_days: 110, last_30_full_days: 105, today: 5 }),
    file("1.1.0", { total: 1_020, last_30_days: 21, last_30_full_days: 20, today: 1, platform: "macos-aarch64" }),
    file("1.0.0", { total: 99, platform: "linux-aarch64" }),
  ];

  it("of a free worker are exact, and name every listed version but no blocked one", () => {
    expect(publicDownloads({ tier: "free", releases, files })).toEqual({
      total: 1_249,
      last_30_days: 131,
      rounded_to: 1,
      by_version: [
        { version: "1.2.0", total: 130, last_30_days: 110 },
        { version: "1.1.0", total: 1_020, last_30_days: 21 },
      ],
      by_platform: [
        { platform: "linux-aarch64", total: 99, last_30_days: 0 },
        { platform: "linux-x86_64", total: 130, last_30_days: 110 },
        { platform: "macos-aarch64", total: 1_020, last_30_days: 21 },
      ],
    });
  });

  it("of a premium worker leave out today and every remainder of a hundred", () => {
    expect(publicDownloads({ tier: "premium", releases, files })).toEqual({
      total: 1_200,
      last_30_days: 100,
      rounded_to: 100,
      by_version: [
        { version: "1.2.0", total: 100, last_30_days: 100 },
        { version: "1.1.0", total: 1_000, last_30_days: 0 },
      ],
      by_platform: [
        { platform: "linux-aarch64", total: 0, last_30_days: 0 },
        { platform: "linux-x86_64", total: 100, last_30_days: 100 },
        { platform: "macos-aarch64", total: 1_000, last_30_days: 0 },
      ],
    });
  });

  it("of a premium worker do not change with one customer's downloads of a day", () => {
    const before = publicDownloads({ tier: "premium", releases, files });
    const after = files.map((one) => ({
      ...one,
      total: one.total + 25,
      last_30_days: one.last_30_days + 25,
      today: one.today + 25,
    }));
    expect(publicDownloads({ tier: "premium", releases, files: after })).toEqual(before);
  });

  it("of several workers are the sums of the published numbers, so a sum does not undo the rounding", () => {
    const free = publicDownloads({ tier: "free", releases, files: [file("1.2.0", { total: 3, last_30_days: 2 })] });
    const premium = publicDownloads({
      tier: "premium",
      releases,
      files: [file("1.2.0", { total: 250, last_30_days: 199 })],
    });
    expect(sumOf([free, premium])).toEqual({ total: 203, last_30_days: 2 });
    expect(byPlatform([free, premium])).toEqual([{ platform: "linux-x86_64", total: 203, last_30_days: 2 }]);
  });
});

describe("the facts of a family", () => {
  it("count each version once, as published if it is for any worker, with the time when the last was published", () => {
    const one = { id: "f-cpu", tier: "free" as const, files: [file("1.0.0", { total: 2 })] };
    const other = { id: "f-cuda", tier: "free" as const, files: [file("1.0.0", { total: 3 })] };
    const facts = merged("f", "free", [
      { ...one, releases: [release("1.10.0", "published", 7), release("1.9.0", "yanked", 5)] },
      { ...other, releases: [release("1.10.0", "published", 9), release("1.9.0", "published", 6)] },
    ]);
    expect(facts.releases).toEqual([release("1.10.0", "published", 9), release("1.9.0", "published", 6)]);
    expect(publicDownloads(facts)).toMatchObject({ total: 5 });
    expect(releaseFacts(facts.releases)).toEqual({ count: 2, last: release("1.10.0", "published", 9) });
  });

  it("are empty without a release", () => {
    expect(merged("f", "premium", [])).toEqual({ id: "f", tier: "premium", releases: [], files: [] });
  });
});

it("release facts count published versions, and name the one that was published last", () => {
  const backport = release("1.9.1", "published", 30);
  const releases = [release("2.0.0", "published", 20), backport, release("1.9.0", "yanked", 40)];
  expect(releaseFacts(releases)).toEqual({ count: 2, last: backport });
  expect(releaseFacts([])).toEqual({ count: 0, last: null });
});
