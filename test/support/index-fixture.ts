import type { IndexedWorker } from "../../src/domain/delivery/index/release-index.ts";
import type { Manifest, ManifestRelease } from "../../src/domain/releases/manifest.ts";

export const WORKER = "llm-worker-rbee-premium-cpu";

/** The facts of that worker in its index. */
export const FACTS: IndexedWorker = {
  variant: "premium-cpu",
  family: "llm-worker-rbee-premium",
  kind: "llm",
  tier: "premium",
  backend: "cpu",
  platforms: ["linux-x86_64", "linux-aarch64"],
};

/** A release of one unsigned file. `more` replaces its fields. */
export const releaseOf = (version: string, more: Partial<ManifestRelease> = {}): ManifestRelease => ({
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
  artifacts: [
    {
      kind: "binary",
      platform: "linux-x86_64",
      filename: `${WORKER}-linux-x86_64`,
      size: 100,
      sha256: "ab".repeat(32),
      object_key: `artifacts/${version}`,
      signature: null,
      pgp_signature: null,
      requires: null,
    },
  ],
  ...more,
});

/** A manifest of releases, highest version first. */
export const manifestWith = (serial: number, ...releases: ManifestRelease[]): Manifest => ({
  worker_id: WORKER,
  published_at: 1_760_000_000,
  serial,
  releases,
});
