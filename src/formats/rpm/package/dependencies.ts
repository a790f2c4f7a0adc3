import type { FramedFacts } from "../../../domain/releases/framing/framing.ts";
import { LARGE_FILE } from "./cpio.ts";
import { fullVersion, ISA } from "./names.ts";

/** A relation to a package or another capability. `flag` and `version` come together. */
export type Dependency = { name: string; flag?: "EQ" | "LE" | "GE" | undefined; version?: string | undefined };

/** The packages and capabilities around a package. */
export type Dependencies = { provides: Dependency[]; requires: Dependency[]; recommends: Dependency[] };

/**
 * The dependencies of a package. A library of a GPU toolkit is a recommendation, because it may be installed without
 * rpm. The driver is not recommended: a package of it could replace one that works.
 */
export function dependenciesOf(facts: FramedFacts): Dependencies {
  const { id } = facts.worker;
  const isa = ISA[facts.platform] ?? "";
  const version = fullVersion(facts.version);
  return {
    provides: [
      { name: id, flag: "EQ", version },
      { name: `${id}(${isa})`, flag: "EQ", version },
    ],
    requires: libcOf(facts, isa),
    recommends: toolkitOf(facts).map((library) => ({ name: `${library}()(64bit)` })),
  };
}

/**
 * The C library. The package's version and not the symbol's (`libc.so.6(GLIBC_2.37)`), because glibc provides only
 * versions that added a symbol to the library.
 */
function libcOf({ requires }: FramedFacts, isa: string): Dependency[] {
  if (requires?.libc?.name !== "glibc") return [];
  const { version } = requires.libc;
  return [version === undefined ? { name: `glibc(${isa})` } : { name: `glibc(${isa})`, flag: "GE", version }];
}

function toolkitOf({ requires }: FramedFacts): string[] {
  if (requires?.cuda) {
    const major = requires.cuda.min.split(".")[0] ?? "";
    return [`libcublas.so.${major}`, `libnvrtc.so.${major}`, "libcurand.so.10"];
  }
  if (requires?.rocm) return [`libamdhip64.so.${requires.rocm.min.split(".")[0] ?? ""}`];
  return [];
}

/**
 * The features of rpm that a package needs, as rpmbuild names them (rpm 4.18, lib/rpmds.c, rpmlibProvides). Listings
 * leave them out, because rpm alone provides them.
 */
export const rpmFeaturesOf = ({ version, binary }: Pick<FramedFacts, "version" | "binary">): Dependency[] => [
  feature("CompressedFileNames", "3.0.4-1"),
  feature("FileDigests", "4.6.0-1"),
  ...(binary.content.size >= LARGE_FILE ? [feature("LargeFiles", "4.12.0-1")] : []),
  feature("PayloadFilesHavePrefix", "4.0-1"),
  ...(binary.encoding === "zstd" ? [feature("PayloadIsZstd", "5.4.18-1")] : []),
  ...(fullVersion(version).includes("~") ? [feature("TildeInVersions", "4.10.0-1")] : []),
];

const feature = (name: string, version: string): Dependency => ({ name: `rpmlib(${name})`, flag: "LE", version });
