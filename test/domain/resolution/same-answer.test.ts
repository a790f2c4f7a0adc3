import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReleaseIndex, releaseIndex } from "../../../src/domain/delivery/index/release-index.ts";
import {
  CHANNELS,
  type Channel,
  type Manifest,
  manifestSchema,
  PLATFORMS,
} from "../../../src/domain/releases/manifest.ts";
import { canonicalRequires, type Requires } from "../../../src/domain/releases/requires/requires.ts";
import { compareVersions } from "../../../src/domain/releases/version.ts";
import { type CatalogWorker, catalogWorker, catalogWorkerOfIndex } from "../../../src/domain/resolution/catalog.ts";
import { choose } from "../../../src/domain/resolution/choose.ts";
import type { LicenseView } from "../../../src/domain/resolution/license.ts";
import { machineOf, machineSchema } from "../../../src/domain/resolution/machine.ts";
import { judgeBuild } from "../../../src/domain/resolution/needs.ts";
import { worker } from "../../support/resolution-fixture.ts";

const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
const some = (...names: string[]) => fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 });
const range = (...versions: string[]) =>
  fc.record({ min: fc.constantFrom(...versions), max: maybe(fc.constantFrom("12", "13.0")) });

const requires: fc.Arbitrary<Requires | null> = fc
  .record({
    cuda: maybe(range("11.8", "12.4", "13.0")),
    gpu: maybe(some("sm_75", "sm_80", "sm_87", "sm_90a", "compute_75")),
    libc: maybe(fc.record({ name: fc.constantFrom("glibc", "musl"), version: maybe(fc.constantFrom("2.31", "2.39")) })),
    cpu_features: maybe(some("avx2", "avx512f")),
    memory_bytes: maybe(fc.constantFrom(1, 64 * 1024 ** 3)),
  })
  .map(({ libc, cuda, ...more }) => JSON.parse(JSON.stringify({ ...more, libc, cuda })))
  .map(canonicalRequires);

/** Most files and machines have one platform, so that several files are judged. */
const platform = fc.oneof({ weight: 4, arbitrary: fc.constant(PLATFORMS[0]) }, fc.constantFrom(...PLATFORMS));

const artifact = fc.record({
  kind: fc.constantFrom("binary", "binary", "package"),
  platform,
  requires,
});

const version = fc
  .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 }), fc.constantFrom("", "-rc.1"))
  .map(([major, minor, suffix]) => `${major}.${minor}.0${suffix}`);

const releases = fc
  .uniqueArray(
    fc.record({
      version,
      channel: fc.constantFrom(...CHANNELS),
      status: fc.constantFrom("published", "published", "yanked", "blocked"),
      published_at: fc.integer({ min: 1_790_000_000, max: 1_790_000_010 }),
      artifacts: fc.array(artifact, { maxLength: 5 }),
    }),
    { selector: (one) => one.version, maxLength: 5 },
  )
  .map((all) =>
    all
      .toSorted((a, b) => compareVersions(b.version, a.version))
      .map((one) => ({
        ...one,
        ...{ id: `rel_${one.version}`, notes: null },
        artifacts: one.artifacts.map((file, at) => ({
          ...file,
          ...{ filename: `w-${one.version}-${at}`, size: 1, sha256: "a".repeat(64), object_key: "o", signature: null },
        })),
      })),
  );

const manifestOf = (id: string) =>
  releases.map((all): Manifest => manifestSchema().parse({ worker_id: id, releases: all }));

/** Two of them differ by their names alone. */
const WORKERS = [
  ...["cpu", "cuda", "premium-cpu", "premium-cuda", "sd-cuda"].map((variant) => worker(variant, [])),
  worker("cuda", [], { id: "another-worker-cuda", family: "another-worker", variant: "another-cuda" }),
];

const gpu = fc.record({
  vendor: fc.constantFrom("nvidia", "amd"),
  driver: fc.constantFrom(null, "470.1", "535.183.01", "580.65"),
  cuda: fc.constantFrom(null, "12.2", "13.0"),
  architecture: fc.constantFrom(null, "7.5", "8.6", "8.7", "9.0"),
});

const machine = fc
  .record({
    platform: fc.oneof({ weight: 9, arbitrary: platform }, fc.constant("freebsd-x86_64")),
    libc: fc.constantFrom(
      null,
      { name: "glibc" },
      { name: "glibc", version: "2.36" },
      { name: "musl", version: "1.2" },
    ),
    userland_bits: fc.constantFrom(null, 32, 64, 64, 64),
    cpu_features: fc.constantFrom(null, [], ["avx2"], ["avx2", "avx512f"]),
    memory_bytes: fc.constantFrom(null, 8 * 1024 ** 3, 128 * 1024 ** 3),
    gpus: fc.option(fc.array(gpu, { maxLength: 2 })),
  })
  .map((body) => {
    const read = machineOf(machineSchema().parse(body));
    if (!read.ok) throw new Error(read.error.message);
    return read.value;
  });

const license: fc.Arbitrary<LicenseView | null> = fc.option(
  fc.record({
    entitlements: fc.constantFrom(["llm-worker-rbee-premium-*"], ["llm-worker-rbee-premium-cpu"], []),
    versions: fc.constantFrom("*", "<2.0.0", "<1.0.0"),
    updates_until: fc.constantFrom(null, 1_790_000_005),
    refusal: fc.constantFrom(null, null, { code: "LICENSE_EXPIRED", detail: "This license has ended." }),
  }),
);

const asked = fc.record({
  worker: fc.constantFrom(
    undefined,
    null,
    "cuda",
    "premium-cpu",
    "llm-worker-rbee",
    "llm-worker-rbee-premium",
    "sd-cuda",
  ),
  channel: fc.constantFrom(undefined, ...CHANNELS),
});

const situation = fc.record({
  manifests: fc.tuple(...WORKERS.map(({ id }) => manifestOf(id))),
  ...{ machine, license, asked },
});

const NOW = 1_790_000_100;

/** The workers as the Worker reads them, and as their signed indexes tell them. */
function catalogs(manifests: readonly Manifest[]): [own: CatalogWorker[], signed: CatalogWorker[]] {
  const facts = WORKERS.map(({ id: _, releases: __, ...indexed }) => indexed);
  const own = manifests.flatMap((one, at) =>
    facts[at] ? [catalogWorker(one.worker_id, facts[at], one.releases)] : [],
  );
  const signed = manifests.flatMap((one, at) => {
    const text = facts[at] && JSON.stringify(releaseIndex(facts[at], one, NOW));
    return text === undefined ? [] : (catalogWorkerOfIndex(ReleaseIndex.parse(JSON.parse(text))) ?? []);
  });
  return [own, signed];
}

/** The verdicts about every build that the license opens, of the workers and the channel that are asked for. */
function verdictsOfOpen(
  catalog: readonly CatalogWorker[],
  of: Parameters<typeof judgeBuild>[2],
  held: LicenseView | null,
  { worker: name, channel }: { worker: string | null | undefined; channel: Channel | undefined },
) {
  const followed = CHANNELS.slice(0, CHANNELS.indexOf(channel ?? "stable") + 1);
  const isOpen = (one: CatalogWorker, release: CatalogWorker["releases"][number]): boolean => {
    if (one.tier === "free") return true;
    const includes = held?.entitlements.some((pattern) => one.id.startsWith(pattern.replace("*", "")));
    // The ranges of this file's licenses: "*", "<2.0.0", "<1.0.0".
    const below = Number(/^<(\d)/.exec(held?.versions ?? "")?.[1] ?? 99);
    const isInTime = held?.updates_until == null || release.published_at <= held.updates_until;
    return held?.refusal === null && includes === true && isInTime && Number(release.version.split(".")[0]) < below;
  };
  return catalog
    .filter(({ id, variant, family, kind }) => (name ? [id, variant, family].includes(name) : kind === "llm"))
    .flatMap((one) =>
      one.releases
        .filter((release) => release.status === "published" && followed.some((known) => known === release.channel))
        .filter((release) => isOpen(one, release))
        .flatMap(({ artifacts }) => artifacts.filter(({ kind }) => kind === "binary"))
        .map((build) => judgeBuild(build, one.backend, of)),
    );
}

describe("the choice of a build", () => {
  it("is made if any build may run, and is certain if any is known to", () => {
    fc.assert(
      fc.property(situation, ({ manifests, machine: of, license: held, asked: wish }) => {
        const [own] = catalogs(manifests);
        const { choice, untried } = choose(of, own, held, wish);
        const verdicts = verdictsOfOpen(own, of, held, wish).flatMap((one) => ("lack" in one ? [] : [one.untried]));
        expect(choice !== null).toBe(verdicts.length > 0);
        if (verdicts.some((unknown) => unknown.length === 0)) expect(untried).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it("is the same from signed indexes, in any order, as from the Worker's records", () => {
    fc.assert(
      fc.property(situation, ({ manifests, machine: of, license: held, asked: wish }) => {
        const [own, signed] = catalogs(manifests);
        expect(signed).toHaveLength(WORKERS.length);
        expect(choose(of, signed.toReversed(), held, wish)).toEqual(choose(of, own, held, wish));
      }),
      { numRuns: 500 },
    );
  });

  it("is a published binary that runs on the machine as far as it is known, and that the license covers", () => {
    fc.assert(
      fc.property(situation, ({ manifests, machine: of, license: held, asked: wish }) => {
        const [own] = catalogs(manifests);
        const { choice, untried, why, ruled_out } = choose(of, own, held, wish);
        expect(why).toMatch(/\.$/);
        for (const row of ruled_out) expect(row.detail).toMatch(/^[A-Za-z0-9].*\.$/s);
        if (!choice) return;
        const of_ = own.find(({ id }) => id === choice.worker_id);
        const release = of_?.releases.find((one) => one.version === choice.version);
        const build = release?.artifacts.find(({ filename }) => filename === choice.filename);
        if (!of_ || !release || !build) throw new Error("The choice is not of the catalog.");
        expect(release.status).toBe("published");
        expect(build.kind).toBe("binary");
        expect(judgeBuild(build, of_.backend, of)).toEqual({ untried });
        const { worker_id, version, filename } = choice;
        expect(ruled_out).not.toContainEqual(expect.objectContaining({ worker_id, version, filename }));
        if (of_.tier === "free") return;
        expect(held?.refusal).toBeNull();
        expect(held?.entitlements).not.toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
