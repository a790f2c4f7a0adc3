import { describe, expect, it } from "vitest";
import type { Manifest, ManifestRelease } from "../../../src/domain/releases/manifest.ts";
import { findRelease, latestRelease, listReleases } from "../../../src/domain/releases/selection.ts";

const release = (version: string, more: Partial<ManifestRelease> = {}): ManifestRelease => ({
  id: `rel_${version}`,
  version,
  channel: "stable",
  status: "published",
  published_at: 1_760_000_000,
  notes: null,
  source_archive: null,
  source_tag: null,
  source: null,
  provenance: null,
  artifacts: [],
  ...more,
});

const manifest: Manifest = {
  worker_id: "llm-worker-rbee-premium-cpu",
  published_at: 1_760_000_000,
  serial: 1,
  releases: [
    release("3.0.0-alpha.1", { channel: "alpha" }),
    release("2.1.0", { status: "blocked" }),
    release("2.0.1", { status: "yanked" }),
    release("2.0.0-rc.1", { channel: "rc" }),
    release("1.10.0"),
    release("1.9.0"),
  ],
};
const versions = (releases: ManifestRelease[]) => releases.map(({ version }) => version);

describe("the latest release", () => {
  it("is the newest of the followed channel, never yanked or blocked", () => {
    expect(latestRelease(manifest)?.version).toBe("1.10.0");
    expect(latestRelease(manifest, { channel: "rc" })?.version).toBe("2.0.0-rc.1");
    expect(latestRelease(manifest, { channel: "beta" })?.version).toBe("2.0.0-rc.1");
    expect(latestRelease(manifest, { channel: "alpha" })?.version).toBe("3.0.0-alpha.1");
  });

  it("is one that the asker's license covers", () => {
    expect(latestRelease(manifest, { covers: ({ version }) => version === "1.9.0" })?.version).toBe("1.9.0");
    expect(latestRelease({ ...manifest, releases: [] })).toBeNull();
  });
});

describe("a release by its version", () => {
  it("is found in any status, and only by the exact version", () => {
    expect(findRelease(manifest, "2.0.1")?.status).toBe("yanked");
    expect(findRelease(manifest, "2.1.0")?.status).toBe("blocked");
    expect(findRelease(manifest, "2.0")).toBeNull();
  });
});

describe("the list of releases", () => {
  it("has every channel, newest first, without yanked and blocked ones", () => {
    expect(versions(listReleases(manifest))).toEqual(["3.0.0-alpha.1", "2.0.0-rc.1", "1.10.0", "1.9.0"]);
  });

  it("follows a channel, has yanked releases on request, and has covered releases only", () => {
    expect(versions(listReleases(manifest, { channel: "stable" }))).toEqual(["1.10.0", "1.9.0"]);
    expect(versions(listReleases(manifest, { channel: "stable", includeYanked: true }))).toEqual([
      "2.0.1",
      "1.10.0",
      "1.9.0",
    ]);
    expect(versions(listReleases(manifest, { covers: ({ version }) => version === "1.9.0" }))).toEqual(["1.9.0"]);
  });
});
