import { defaultBuild } from "../releases/build.ts";
import type { ManifestRelease } from "../releases/manifest.ts";
import { driverRange, memoryWords, type Requires, type VersionRange } from "../releases/requires/requires.ts";

/** A binary of a release, with its needs as members and in words. */
export type BinaryFacts = {
  platform: string;
  filename: string;
  size: number;
  requires: Requires | null;
  system_requirements: string[];
};

/** The binaries of a release (null: none), in the manifest's order. */
export const binariesOf = (release: ManifestRelease | null): BinaryFacts[] =>
  (release?.artifacts ?? [])
    .filter(({ kind }) => kind === "binary")
    .map(({ platform, filename, size, requires }) => ({
      ...{ platform, filename, size, requires },
      system_requirements: systemRequirements(requires),
    }));

/**
 * The needs of a release (null: none) in words, as of the builds that a client gets without choosing. Where they differ
 * by platform, each begins with its platform.
 */
export function requirementsOf(release: ManifestRelease | null): string[] {
  const artifacts = release?.artifacts ?? [];
  const needs = [...new Set(artifacts.map(({ platform }) => platform))].flatMap((platform) => {
    const build = defaultBuild(artifacts, platform);
    return build ? [{ platform, words: systemRequirements(build.requires) }] : [];
  });
  const [first, ...others] = needs;
  if (!first || others.every(({ words }) => words.join() === first.words.join())) return first?.words ?? [];
  return needs.flatMap(({ platform, words }) => words.map((word) => `${platform}: ${word}`));
}

/** The needs of one build, each as a short text such as `glibc >= 2.31`. */
function systemRequirements(requires: Requires | null): string[] {
  const { cuda, rocm, gpu, libc, cpu_features, memory_bytes } = requires ?? {};
  return [
    libc && (libc.version === undefined ? libc.name : `${libc.name} >= ${libc.version}`),
    cuda && `CUDA ${rangeText(driverRange(cuda, gpu))}`,
    rocm && `ROCm ${rangeText(rocm)}`,
    gpu && `GPU ${gpu.join(" or ")}`,
    cpu_features && `CPU with ${cpu_features.join(", ")}`,
    memory_bytes !== undefined && `memory >= ${memoryWords(memory_bytes)}`,
  ].filter((text) => typeof text === "string");
}

const rangeText = ({ min, max }: VersionRange): string => (max === undefined ? `>= ${min}` : `>= ${min}, <= ${max}`);
