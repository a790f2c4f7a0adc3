import { describe, expect, it } from "vitest";
import { type Claim, decideDelivery, type Wanted } from "../../../src/domain/delivery/decision.ts";
import { explainDelivery } from "../../../src/domain/delivery/refusal.ts";
import type { LicenseRecord } from "../../../src/domain/licensing/license/record.ts";
import type { Manifest, ManifestArtifact, ManifestRelease, Platform } from "../../../src/domain/releases/manifest.ts";
import { pacman } from "../../../src/formats/arch/pacman.ts";

const NOW = 1_800_000_000;
const BUY = "https://shop.test/";
const premium = { id: "llm-worker-rbee-premium-cpu", tier: "premium" } as const;
const free = { id: "llm-worker-rbee-cpu", tier: "free" } as const;

const artifact = (
  platform: Platform,
  filename: string,
  kind: ManifestArtifact["kind"] = "binary",
): ManifestArtifact => ({
  kind,
  platform,
  filename,
  size: 1,
  sha256: "0".repeat(64),
  object_key: filename,
  signature: null,
  pgp_signature: null,
  requires: null,
});

const release = (version: string, over: Partial<ManifestRelease> = {}): ManifestRelease => ({
  id: `rel_${version}`,
  version,
  channel: version.includes("-") ? "rc" : "stable",
  status: "published",
  published_at: NOW - 1000,
  notes: null,
  source_archive: null,
  source_tag: null,
  source: null,
  provenance: null,
  artifacts: [artifact("linux-x86_64", "w-x86"), artifact("linux-aarch64", "w-arm")],
  ...over,
});

/** A binary and a package for the same platform, whichever was added first. */
const both = release("1.0.0", {
  artifacts: [artifact("linux-x86_64", "w.pkg.tar.zst", "package"), artifact("linux-x86_64", "w-x86")],
});

const manifest: Manifest = {
  worker_id: premium.id,
  published_at: NOW,
  serial: 1,
  releases: [
    release("2.0.0"),
    release("1.11.0-rc.1"),
    release("1.10.0"),
    release("1.9.2", { status: "yanked" }),
    release("1.9.1", { status: "blocked" }),
    release("1.9.0", { published_at: NOW - 5000 }),
  ],
};

const license: LicenseRecord = {
  id: "lic_a",
  generation: 3,
  entitlements: ["llm-worker-rbee-premium-*"],
  versions: "<2.0.0",
  updates_until: null,
  machine_limit: 1,
  offline_days: 0,
  seat_idle_seconds: null,
  admin_state: "none",
  refund_state: "none",
  dispute_state: "none",
  subscription_state: "none",
  expires_at: null,
  extended_until: null,
  grace_seconds: 0,
  machines: ["m"],
  published_at: NOW,
};

const claim = (over: Partial<LicenseRecord> = {}, mine: Partial<Claim> = {}): Claim => ({
  license: { ...license, ...over },
  generation: 3,
  machine: "m",
  tokenMadeAt: null,
  mayActivate: false,
  ...mine,
});

const want = (version: string, file: Wanted["file"] = { platform: "linux-x86_64" }): Wanted => ({
  version,
  channel: "stable",
  file,
});

const decide = (wanted: Wanted, asker: Claim | null, worker: typeof premium | typeof free = premium) =>
  decideDelivery(worker, manifest, wanted, asker, NOW);

const outcome = (wanted: Wanted, asker: Claim | null, worker: typeof premium | typeof free = premium) => {
  const decision = decide(wanted, asker, worker);
  return decision.ok ? decision.value.release.version : decision.error.code;
};

describe("the decision on a delivery", () => {
  it.each([
    ["latest, of what is covered", want("latest"), claim(), "1.10.0"],
    ["an exact version", want("1.9.0"), claim(), "1.9.0"],
    ["a yanked version, exactly", want("1.9.2"), claim(), "1.9.2"],
    ["a covered prerelease, exactly", want("1.11.0-rc.1"), claim(), "1.11.0-rc.1"],
    ["by file name", want("1.10.0", { filename: "w-arm" }), claim(), "1.10.0"],
    ["a blocked version", want("1.9.1"), claim(), "RELEASE_BLOCKED"],
    ["a blocked version, without credential", want("1.9.1"), null, "RELEASE_BLOCKED"],
    ["without credential", want("latest"), null, "CREDENTIAL_REQUIRED"],
    ["with a rotated key", want("latest"), claim({}, { generation: 2 }), "KEY_ROTATED"],
    [
      "revoked, whose key is rotated too",
      want("latest"),
      claim({ admin_state: "revoked" }, { generation: 2 }),
      "KEY_ROTATED",
    ],
    ["revoked", want("latest"), claim({ admin_state: "revoked" }), "LICENSE_REVOKED"],
    ["suspended", want("latest"), claim({ admin_state: "suspended" }), "LICENSE_SUSPENDED"],
    ["refunded", want("latest"), claim({ refund_state: "full" }), "LICENSE_REVOKED"],
    ["expired", want("latest"), claim({ expires_at: NOW }), "LICENSE_EXPIRED"],
    ["in grace", want("latest"), claim({ expires_at: NOW, grace_seconds: 1 }), "1.10.0"],
    ["on another machine", want("latest"), claim({}, { machine: "x" }), "MACHINE_DEACTIVATED"],
    [
      "with a token from before its machine came back",
      want("latest"),
      claim({ returned: { m: NOW - 10 } }, { tokenMadeAt: NOW - 11 }),
      "MACHINE_DEACTIVATED",
    ],
    [
      "with a token of its machine's return",
      want("latest"),
      claim({ returned: { m: NOW - 10 } }, { tokenMadeAt: NOW - 10 }),
      "1.10.0",
    ],
    ["with the key of a machine that came back", want("latest"), claim({ returned: { m: NOW } }), "1.10.0"],
    [
      "with an old token, after another machine came back",
      want("latest"),
      claim({ returned: { x: NOW } }, { tokenMadeAt: 0 }),
      "1.10.0",
    ],
    ["another worker", want("latest"), claim({ entitlements: ["llm-worker-rbee-premium-cuda"] }), "NOT_ENTITLED"],
    ["a version out of range", want("2.0.0"), claim(), "VERSION_NOT_COVERED"],
    ["a version that came too late", want("1.10.0"), claim({ updates_until: NOW - 2000 }), "VERSION_NOT_COVERED"],
    ["latest, with updates ended", want("latest"), claim({ updates_until: NOW - 2000 }), "1.9.0"],
    ["latest, with nothing covered", want("latest"), claim({ versions: "<1.0.0" }), "VERSION_NOT_COVERED"],
    ["a version that is not", want("9.9.9"), claim(), "VERSION_NOT_FOUND"],
    ["a version that is no version", want("../../etc"), claim(), "VERSION_NOT_FOUND"],
    ["a platform it is not made for", want("1.10.0", { platform: "macos-aarch64" }), claim(), "ARTIFACT_NOT_FOUND"],
    ["a name that is not its", want("1.10.0", { filename: "../w-x86" }), claim(), "ARTIFACT_NOT_FOUND"],
    ["no platform where there are two", want("1.10.0", { platform: null }), claim(), "ARTIFACT_NOT_FOUND"],
  ])("%s: %#", (_, wanted, asker, expected) => {
    expect(outcome(wanted, asker)).toBe(expected);
  });

  it("names the list of versions, or the existing files, when it refuses an unknown one", () => {
    const detailOf = (wanted: Wanted, of = manifest): string | null => {
      const decision = decideDelivery(premium, of, wanted, claim(), NOW);
      return decision.ok ? null : explainDelivery(decision.error, { PURCHASE_URL: BUY }).detail;
    };
    expect(detailOf(want("9.9.9"))).toContain(`/v1/workers/${premium.id}/versions`);
    expect(detailOf(want("latest"), { ...manifest, releases: [] })).toBe(`${premium.id} has no stable release.`);
    expect(detailOf(want("1.10.0", { platform: "macos-aarch64" }))).toContain("w-x86, w-arm");
  });

  it("names the newest covered version when it refuses one", () => {
    const decision = decide(want("2.0.0"), claim());
    expect(decision.ok ? null : explainDelivery(decision.error, { PURCHASE_URL: BUY })).toMatchObject({
      extras: { latest_covered_version: "1.10.0", purchase_url: BUY },
    });
  });

  it("needs no credential for a free worker", () => {
    expect(outcome(want("latest"), null, free)).toBe("2.0.0");
    expect(outcome(want("1.9.1"), null, free)).toBe("RELEASE_BLOCKED");
  });

  it("refuses a prerelease of a version that the range excludes", () => {
    const early: Manifest = { ...manifest, releases: [release("2.0.0-rc.1")] };
    const decision = decideDelivery(premium, early, want("2.0.0-rc.1"), claim(), NOW);
    expect(decision).toMatchObject({ error: { code: "VERSION_NOT_COVERED" } });
  });
});

describe("a platform that has a binary and a package", () => {
  const got = (file: Wanted["file"]) => {
    const decision = decideDelivery(free, { ...manifest, releases: [both] }, want("1.0.0", file), null, NOW);
    return decision.ok ? decision.value.artifact.filename : decision.error.code;
  };

  it("delivers the binary unless the package is asked for", () => {
    expect(got({ platform: "linux-x86_64" })).toBe("w-x86");
    expect(got({ platform: null })).toBe("w-x86");
    expect(got({ platform: "linux-x86_64", format: pacman })).toBe("w.pkg.tar.zst");
    expect(got({ platform: "linux-aarch64", format: pacman })).toBe("ARTIFACT_NOT_FOUND");
    expect(got({ filename: "w.pkg.tar.zst" })).toBe("w.pkg.tar.zst");
  });
});
