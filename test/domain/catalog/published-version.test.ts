import { describe, expect, it } from "vitest";
import { publishedVersion } from "../../../src/domain/catalog/published-workers.ts";
import type { ManifestArtifact, ManifestRelease, Platform } from "../../../src/domain/releases/manifest.ts";
import { findWorker } from "../../../src/domain/workers/workers.ts";
import { encodeMinisignPublicKey, formatMinisignSignature } from "../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey, signMinisign } from "../../../src/lib/minisign/secret-key.ts";

const worker = (variant: string) => {
  const found = findWorker(variant);
  if (!found) throw new Error(`no worker ${variant}`);
  return found;
};

const file = (platform: Platform, filename: string, more: Partial<ManifestArtifact> = {}): ManifestArtifact => ({
  ...{ kind: "binary", platform, filename, size: 1, sha256: "a".repeat(64), object_key: "artifacts/x" },
  ...{ signature: null, pgp_signature: null, ...more },
});

const release = (artifacts: ManifestArtifact[], source_tag: string | null = null): ManifestRelease => ({
  ...{ id: "rel_1", version: "1.2.0", channel: "stable", status: "published", published_at: 0, notes: null },
  ...{ source_tag, provenance: null, artifacts },
});

describe("the version of a release that a recipe installs", () => {
  it("has the version and tag for a worker that is built from source, regardless of its binaries", () => {
    const files = [file("linux-x86_64", "worker-linux-x86_64")];
    expect(publishedVersion(worker("cpu"), release(files, "v1.2.0"), [])).toEqual({
      pkgver: "1.2.0",
      sourceTag: "v1.2.0",
      binaries: [],
    });
    expect(publishedVersion(worker("cpu"), release(files), [])?.sourceTag).toBeNull();
  });

  it("has the binary of each architecture on the recipe's own system, no package and no other system's binary", () => {
    const files = [
      file("linux-x86_64", "worker-1.2.0-1-x86_64.pkg.tar.zst", { kind: "package" }),
      file("linux-aarch64", "worker-arm"),
      file("linux-x86_64", "worker-intel", { sha256: "b".repeat(64) }),
      file("macos-aarch64", "worker-mac"),
    ];
    expect(publishedVersion(worker("premium-cpu"), release(files), [])?.binaries).toEqual([
      { architecture: "x86_64", filename: "worker-intel", sha256: "b".repeat(64), signature: null },
      { architecture: "aarch64", filename: "worker-arm", sha256: "a".repeat(64), signature: null },
    ]);
    expect(publishedVersion(worker("premium-metal"), release(files), [])?.binaries).toMatchObject([
      { architecture: "aarch64", filename: "worker-mac" },
    ]);
  });

  it("is null if the release has no binary to install", () => {
    const files = [
      file("windows-x86_64", "worker.exe"),
      file("linux-x86_64", "worker.pkg.tar.zst", { kind: "package" }),
    ];
    expect(publishedVersion(worker("premium-cuda"), release(files), [])).toBeNull();
  });

  it("names the key of a signature, and leaves out a signature by a key that is out of use", async () => {
    const [old, current] = [await generateMinisignKey(), await generateMinisignKey()];
    const text = formatMinisignSignature(await signMinisign(current, new Uint8Array(64), "file:worker"));
    const files = [file("linux-x86_64", "worker", { signature: text })];
    const signatureBy = (keys: (typeof old)[]) =>
      publishedVersion(worker("premium-cuda"), release(files), keys)?.binaries[0]?.signature;
    expect(signatureBy([old, current])).toEqual({ text, key: encodeMinisignPublicKey(current) });
    expect(signatureBy([old])).toBeNull();
  });
});
