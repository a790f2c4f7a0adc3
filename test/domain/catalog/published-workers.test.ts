import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { answerDocumentAtOnce } from "../../../src/domain/catalog/documents.ts";
import {
  publishedVersion,
  publishedWorkers,
  publishedWorkersAtOnce,
} from "../../../src/domain/catalog/published-workers.ts";
import { moveRelease } from "../../../src/domain/releases/act.ts";
import type { ReleaseAction } from "../../../src/domain/releases/decision.ts";
import type { ManifestArtifact, ManifestRelease, Platform } from "../../../src/domain/releases/manifest.ts";
import type { Release } from "../../../src/domain/releases/store.ts";
import { findWorker, workers } from "../../../src/domain/workers/workers.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { encodeMinisignPublicKey, formatMinisignSignature } from "../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey, signMinisign } from "../../../src/lib/minisign/secret-key.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { publish } from "../../../src/platform/storage/settle.ts";
import { publishers } from "../../../src/service.ts";
import { expectLogged } from "../../support/logged.ts";
import { publisher, publishRelease, randomBytes } from "../../support/publish-release.ts";

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";

const publishedWorker = async (id: string, bindings: Env = env, now = currentTime()) => {
  const worker = (await publishedWorkers(bindings, now)).find((candidate) => candidate.id === id);
  if (!worker) throw new Error(`no worker ${id}`);
  return worker;
};
const versionOf = async (...args: Parameters<typeof publishedWorker>) => (await publishedWorker(...args)).version;

const move = async (release: Release, action: ReleaseAction): Promise<void> => {
  await moveRelease(env.DB, publisher(), release.id, action, "test");
  await publish(env, publishers, { topic: "manifest", key: release.worker_id }, []);
};

const ask = (path: string, init?: RequestInit) => exports.default.fetch(`https://catalog.test${path}`, init);

describe("the version of a recipe", () => {
  it("is the checked-in one until there is a release", async () => {
    expect((await publishedWorkers(env, currentTime())).map(({ version }) => version)).toEqual(
      workers.map(({ version }) => version),
    );
  });

  it("is the newest published stable one", async () => {
    await publishRelease({ worker_id: FREE, version: "1.9.0" });
    const newest = await publishRelease({ worker_id: FREE, version: "1.10.0" });
    await publishRelease({ worker_id: FREE, version: "2.0.0-rc.1" });
    await publishRelease({ worker_id: FREE, version: "3.0.0", channel: "beta" });
    expect(await versionOf(FREE)).toBe("1.10.0");
    await move(newest, "yank");
    expect(await versionOf(FREE)).toBe("1.9.0");
    await move(newest, "unyank");
    expect(await versionOf(FREE)).toBe("1.10.0");
    await move(newest, "block");
    expect(await versionOf(FREE)).toBe("1.9.0");
  });

  it("is listed like this, with the same answer as the list of versions", async () => {
    const Versions = z.object({ latest: z.string().nullable() });
    const Entry = z.object({ version: z.string(), released: z.boolean(), latest: z.string().nullable() });
    const listed = async (id: string) => {
      const { latest } = Versions.parse(await (await ask(`/v1/workers/${id}/versions`)).json());
      const resource = Entry.parse(await (await ask(`/v1/workers/${id}`)).json());
      expect(resource.latest).toBe(latest);
      expect(Entry.parse(await (await ask(`/workers/${id}`)).json())).toEqual(resource);
      return resource;
    };
    const unreleased = { released: false, latest: null };
    for (const worker of workers) {
      expect(await listed(worker.id)).toEqual({ ...unreleased, version: worker.version });
      if (worker.tier === "premium") expect(worker.version, "sorts before every release").toBe("0.0.0");
    }
    await publishRelease({ worker_id: PREMIUM, version: "1.0.0-rc.1" });
    expect(await listed(PREMIUM)).toEqual({ ...unreleased, version: "0.0.0" });
    const first = await publishRelease({ worker_id: PREMIUM, version: "1.0.0" });
    expect(await listed(PREMIUM)).toEqual({ released: true, version: "1.0.0", latest: "1.0.0" });
    // The recipe of this worker installs nothing on Windows.
    await publishRelease({ worker_id: PREMIUM, version: "1.1.0", platform: "windows-x86_64" });
    expect(await listed(PREMIUM)).toEqual({ released: true, version: "1.1.0", latest: "1.1.0" });
    expect(await versionOf(PREMIUM)).toBe("1.0.0");
    await move(first, "yank");
    expect(await listed(PREMIUM)).toMatchObject({ version: "1.1.0" });
    expect(await versionOf(PREMIUM)).toBe("0.0.0");
  });

  it("is the newest one with a binary for the recipe, and has the architectures of its binaries", async () => {
    const files = [{ bytes: randomBytes(10), platform: "linux-aarch64" as const, filename: "of-its-own-name" }];
    const arm = await publishRelease({ worker_id: PREMIUM, version: "1.1.0", files });
    await publishRelease({ worker_id: PREMIUM, version: "1.2.0", platform: "windows-x86_64" });
    const { version, architectures, source, pkgbuild, srcinfo } = await publishedWorker(PREMIUM);
    expect([version, architectures]).toEqual(["1.1.0", ["aarch64"]]);
    const url = `https://catalog.test/v1/workers/${PREMIUM}/1.1.0/files/of-its-own-name`;
    expect(source).toEqual({ type: "tarball", url });
    expect(srcinfo).toContain(`\tsource_aarch64 = ${PREMIUM}-1.1.0-linux-aarch64::${url}\n`);
    const sum = arm.artifacts[0]?.sha256;
    expect(pkgbuild).toContain(`sha256sums_aarch64=('${sum}')`);
    expect(`${pkgbuild}${srcinfo}`).not.toContain("SKIP");
  });

  it("comes from the source tag of the release", async () => {
    await publishRelease({ worker_id: FREE, version: "1.0.0", source: { source_tag: "v1.0.0" } });
    const url = "https://github.com/rbee-keeper/rbee.git";
    expect(await (await ask("/workers/cpu")).json()).toMatchObject({
      version: "1.0.0",
      source: { type: "git", url, tag: "v1.0.0", path: "bin/30_llm_worker_rbee" },
    });
    const { source } = await publishedWorker(FREE);
    expect(source).toEqual({ type: "git", url, tag: "v1.0.0" });
  });
});

describe("a recipe's reads", () => {
  const spy = () => vi.spyOn(env.EDGE, "get");
  let reads: ReturnType<typeof spy>;
  beforeEach(() => {
    reads = spy();
  });

  it("are one KV read in ten seconds", async () => {
    await publishRelease({ worker_id: FREE, version: "1.0.0" });
    forgetIsolate();
    reads.mockClear();
    const now = currentTime();
    const first = await publishedWorkers(env, now);
    expect(reads).toHaveBeenCalledTimes(1);
    expect(await publishedWorkers(env, now + 9)).toBe(first);
    expect(publishedWorkersAtOnce(env, now + 9)).toBe(first);
    expect(reads).toHaveBeenCalledTimes(1);
    expect(publishedWorkersAtOnce(env, now + 10)).toBeNull();
    expect(await publishedWorkers(env, now + 10), "the same, for nothing has changed").toBe(first);
    expect(reads).toHaveBeenCalledTimes(2);
  });

  it("are none right after a publication in the same isolate", async () => {
    const before = await publishedWorkers(env, currentTime());
    await publishRelease({ worker_id: FREE, version: "1.0.0" });
    reads.mockClear();
    const after = publishedWorkersAtOnce(env, currentTime());
    expect(after).not.toBe(before);
    expect(after?.find(({ id }) => id === FREE)?.version).toBe("1.0.0");
    expect(reads).not.toHaveBeenCalled();
  });

  it("go to the ledger if KV fails, and end with the latest known manifests if both fail", async () => {
    await publishRelease({ worker_id: FREE, version: "1.0.0" });
    forgetIsolate();
    const now = currentTime();
    reads.mockRejectedValue(new Error("KV is down"));
    expect(await versionOf(FREE, env, now)).toBe("1.0.0");
    vi.spyOn(env.DB, "batch").mockRejectedValue(new Error("D1 is down"));
    expect(await versionOf(FREE, env, now + 60)).toBe("1.0.0");
    expect(await versionOf(FREE, { ...env }, now + 60), "a new isolate").toBe("0.1.0");
    for (const event of ["edge.unreadable", "ledger.unreadable"]) expectLogged(event);
  });
});

describe("an unreadable manifest in KV", () => {
  it("is replaced by the ledger's for recipes and downloads, also if this isolate holds it already", async () => {
    await publishRelease({ worker_id: FREE, version: "1.0.0" });
    await ask("/workers");
    for (const first of ["/workers/cpu/PKGBUILD", `/v1/workers/${FREE}/latest/download?platform=linux-x86_64`]) {
      forgetIsolate();
      await env.EDGE.put(`manifest:${FREE}`, JSON.stringify({ worker_id: FREE, releases: [{ version: 1 }] }));
      for (const path of [first, "/workers/cpu/PKGBUILD", `/arch/rbee/os/x86_64/rbee.db`]) {
        expect([path, (await ask(path)).status]).toEqual([path, 200]);
      }
      expect(await (await ask("/workers/cpu")).json()).toMatchObject({ version: "1.0.0" });
    }
    expectLogged("manifest.unreadable");
  });
});

describe("the documents", () => {
  it.each([
    "/workers",
    "/workers/cpu",
    "/workers/cpu/PKGBUILD",
    "/workers/cpu/.SRCINFO",
    "/v1/workers/cpu",
    "/v1/workers",
  ])("%s changes with a release, and its ETag with it", async (path) => {
    const before = await ask(path);
    expect(await before.text()).not.toContain("7.8.9");
    const etag = before.headers.get("ETag") ?? "";
    await publishRelease({ worker_id: FREE, version: "7.8.9" });
    const after = await ask(path, { headers: { "If-None-Match": etag } });
    expect(after.status).toBe(200);
    expect(await after.text()).toContain("7.8.9");
    expect(after.headers.get("ETag")).not.toBe(etag);
  });

  it("skip the fast path after a change, and use it again once they are made", async () => {
    const request = new Request("https://catalog.test/workers/cpu");
    await ask("/workers");
    expect(answerDocumentAtOnce(request, "/workers/cpu", env)).not.toBeNull();
    await publishRelease({ worker_id: FREE, version: "1.0.0" });
    expect(answerDocumentAtOnce(request, "/workers/cpu", env)).toBeNull();
    await ask("/workers");
    expect(await answerDocumentAtOnce(request, "/workers/cpu", env)?.json()).toMatchObject({ version: "1.0.0" });
  });
});

const worker = (variant: string) => {
  const found = findWorker(variant);
  if (!found) throw new Error(`no worker ${variant}`);
  return found;
};

const file = (platform: Platform, filename: string, more: Partial<ManifestArtifact> = {}): ManifestArtifact => ({
  ...{ kind: "binary", platform, filename, size: 1, sha256: "a".repeat(64), object_key: "artifacts/x" },
  ...{ signature: null, pgp_signature: null, requires: null, ...more },
});

const release = (
  artifacts: ManifestArtifact[],
  source_tag: string | null = null,
  source: ManifestRelease["source"] = null,
): ManifestRelease => ({
  ...{ id: "rel_1", version: "1.2.0", channel: "stable", status: "published", published_at: 0, notes: null },
  ...{ source_tag, source, provenance: null, artifacts, source_archive: null },
});

const OPTIONAL = { required: false, keys: [] };
const REQUIRED = { required: true, keys: [] };

describe("the version of a release that a recipe installs", () => {
  it("has the version and tag for a worker that is built from source, regardless of its binaries", () => {
    const files = [file("linux-x86_64", "worker-linux-x86_64")];
    expect(publishedVersion(worker("cpu"), release(files, "v1.2.0"), OPTIONAL)).toEqual({
      pkgver: "1.2.0",
      source: { tag: "v1.2.0", commit: null, archive: null },
      binaries: [],
    });
    expect(publishedVersion(worker("cpu"), release(files), OPTIONAL)?.source).toBeNull();
  });

  it("has the signed commit of its tag", () => {
    const source = { repository: "https://example.test/r.git", tag: "v1.2.0", commit: "a".repeat(40), signature: "" };
    for (const policy of [OPTIONAL, REQUIRED]) {
      const version = publishedVersion(worker("cpu"), release([], "v1.2.0", source), policy);
      expect(version?.source).toEqual({ tag: "v1.2.0", commit: "a".repeat(40), archive: null });
    }
  });

  it.each([
    ["a commit id", "a".repeat(40), OPTIONAL],
    ["HEAD", "HEAD", OPTIONAL],
    ["a pull request", "refs/pull/1/head", OPTIONAL],
    ["a branch", "development", OPTIONAL],
    ["another version", "v1.2.1", OPTIONAL],
    ["its tag, but no signed commit where one is required", "v1.2.0", REQUIRED],
  ])("is null for an old row that names %s", (_, tag, policy) => {
    expect(publishedVersion(worker("cpu"), release([], tag), policy)).toBeNull();
    const source = { repository: "https://example.test/r.git", tag, commit: "HEAD", signature: "" };
    expect(publishedVersion(worker("cpu"), release([], tag, source), policy)).toBeNull();
  });

  it("has the binary of each architecture on the recipe's own system, no package and no other system's binary", () => {
    const files = [
      file("linux-x86_64", "worker-1.2.0-1-x86_64.pkg.tar.zst", { kind: "package" }),
      file("linux-aarch64", "worker-arm"),
      file("linux-x86_64", "worker-intel", { sha256: "b".repeat(64) }),
      file("macos-aarch64", "worker-mac"),
    ];
    expect(publishedVersion(worker("premium-cpu"), release(files), OPTIONAL)?.binaries).toEqual([
      { architecture: "x86_64", filename: "worker-intel", sha256: "b".repeat(64), signature: null },
      { architecture: "aarch64", filename: "worker-arm", sha256: "a".repeat(64), signature: null },
    ]);
    expect(publishedVersion(worker("premium-metal"), release(files), OPTIONAL)?.binaries).toMatchObject([
      { architecture: "aarch64", filename: "worker-mac" },
    ]);
  });

  it("is null if the release has no binary to install", () => {
    const files = [
      file("windows-x86_64", "worker.exe"),
      file("linux-x86_64", "worker.pkg.tar.zst", { kind: "package" }),
    ];
    expect(publishedVersion(worker("premium-cuda"), release(files), OPTIONAL)).toBeNull();
  });

  it("names the key of a signature, and leaves out a signature by a key that is out of use", async () => {
    const [old, current] = [await generateMinisignKey(), await generateMinisignKey()];
    const text = formatMinisignSignature(await signMinisign(current, new Uint8Array(64), "file:worker"));
    const files = [file("linux-x86_64", "worker", { signature: text })];
    const signatureBy = (keys: (typeof old)[]) =>
      publishedVersion(worker("premium-cuda"), release(files), { required: true, keys })?.binaries[0]?.signature;
    expect(signatureBy([old, current])).toEqual({ text, key: encodeMinisignPublicKey(current), bound: false });
    expect(signatureBy([old])).toBeNull();
  });
});
