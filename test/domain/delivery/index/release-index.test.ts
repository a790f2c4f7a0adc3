import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  INDEX_LIFETIME,
  indexTime,
  ReleaseIndex,
  releaseIndex,
} from "../../../../src/domain/delivery/index/release-index.ts";
import { type ManifestRelease, manifestSchema } from "../../../../src/domain/releases/manifest.ts";
import { DAY, fromRfc3339 } from "../../../../src/lib/time.ts";
import { FACTS, manifestWith, releaseOf } from "../../../support/index-fixture.ts";

const NOON = 1_795_435_200;

describe("the index of a worker's releases", () => {
  it("has every version that was ever published with its status, and the newest offered one", () => {
    const index = releaseIndex(
      FACTS,
      manifestWith(
        9,
        releaseOf("2.0.0-rc.1", { channel: "rc" }),
        releaseOf("1.10.0", { status: "blocked" }),
        releaseOf("1.9.0", { status: "yanked" }),
        releaseOf("1.8.0", {
          provenance: {
            sha256: "cd".repeat(32),
            size: 9,
            subjects: [],
            object_key: "provenance/cd",
            verification: null,
          },
        }),
      ),
      NOON,
    );
    expect(index).toMatchObject({ serial: 9, latest: "1.8.0" });
    expect(index.versions.map(({ version, status }) => `${version} ${status}`)).toEqual([
      "2.0.0-rc.1 published",
      "1.10.0 blocked",
      "1.9.0 yanked",
      "1.8.0 published",
    ]);
    expect(index.versions[3]?.provenance_sha256).toBe("cd".repeat(32));
    expect(ReleaseIndex.parse(JSON.parse(JSON.stringify(index)))).toEqual(index);
  });

  it("does not reveal the keys of objects", () => {
    expect(JSON.stringify(releaseIndex(FACTS, manifestWith(1, releaseOf("1.0.0")), NOON))).not.toContain(
      "artifacts/1.0.0",
    );
  });

  it("has the same bytes for any order of a record's members", () => {
    const text = (record: unknown) => JSON.stringify(releaseIndex(FACTS, manifestSchema().parse(record), NOON));
    const names = Object.keys(releaseOf("1.0.0"));
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: names.length }), fc.nat(), (shuffled, serial) => {
        const release = releaseOf("1.0.0");
        const same = Object.fromEntries(
          shuffled.map((name) => [name, release[name as keyof ManifestRelease]] as const),
        );
        const manifest = manifestWith(serial, release);
        const { releases: _, ...rest } = manifest;
        expect(text({ releases: [same], ...rest })).toBe(text(manifest));
      }),
    );
  });
});

/** The paths of the members of a JSON value, in their order. Of a list, those of its first item. */
function membersOf(value: unknown, at = ""): string[] {
  if (Array.isArray(value)) return membersOf(value[0], `${at}[]`);
  if (typeof value !== "object" || value === null) return [at];
  return Object.entries(value).flatMap(([name, member]) => membersOf(member, at === "" ? name : `${at}.${name}`));
}

describe("an index's time", () => {
  it("tells the form of the index: raise INDEX_FORM with a change of these members, then the number here", () => {
    const requires = { cuda: { min: "12.4" }, gpu: ["sm_80"] };
    const source = { repository: "r", tag: "t", commit: "c", signature: "s" };
    const [file] = releaseOf("1.0.0").artifacts;
    const source_archive = { filename: "a", size: 1, sha256: "0", object_key: "o", signature: null };
    const release = releaseOf("1.0.0", { source, source_archive, artifacts: file ? [{ ...file, requires }] : [] });
    const manifest = manifestWith(1, release);
    expect(membersOf(releaseIndex(FACTS, manifest, NOON))).toEqual([
      ...["worker_id", "worker.variant", "worker.family", "worker.kind", "worker.tier", "worker.backend"],
      ...["worker.platforms[]", "serial", "generated_at", "expires_at", "latest"],
      ...["versions[].version", "versions[].channel", "versions[].status", "versions[].published_at"],
      ...["versions[].provenance_sha256", "versions[].source.repository", "versions[].source.tag"],
      ...["versions[].source.commit", "versions[].source.signature", "versions[].source_archive.filename"],
      ...["size", "sha256", "signature"].map((name) => `versions[].source_archive.${name}`),
      ...["platform", "kind", "filename", "size", "sha256", "signature", "requires.cuda.min", "requires.gpu[]"].map(
        (name) => `versions[].artifacts[].${name}`,
      ),
    ]);
    expect(indexTime(manifest, NOON) - (NOON - (NOON % DAY))).toBe(1);
  });

  it("is the same all day, is never before a release, and leaves at least six days to fetch the next index", () => {
    const times = fc.array(fc.integer({ min: NOON - 20 * DAY, max: NOON }), { maxLength: 4 });
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: DAY - 1 }), (published, second) => {
        const releases = published.map((published_at, minor) => releaseOf(`1.${minor}.0`, { published_at }));
        const manifest = manifestWith(1, ...releases);
        const midnight = NOON - (NOON % DAY);
        const at = indexTime(manifest, midnight + second);
        expect(at).toBe(indexTime(manifest, midnight));
        expect(at).toBeGreaterThanOrEqual(Math.max(midnight, ...published));
        expect(fromRfc3339(releaseIndex(FACTS, manifest, at).expires_at)).toBe(at + INDEX_LIFETIME);
        expect(at + INDEX_LIFETIME - (midnight + DAY)).toBeGreaterThanOrEqual(6 * DAY);
      }),
    );
  });
});
