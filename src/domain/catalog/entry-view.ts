import { compatibilityEntry } from "./compatibility.ts";
import type { CatalogEntry, CatalogVariant, FamilyEntry, GroupedEntry } from "./entry-schema.ts";
import { recipePath } from "./recipe-files.ts";
import type { WorkerFamilyResource, WorkerResource } from "./schema.ts";
import type { Members } from "./view.ts";

/** A worker of `/v1/workers` for the clients of `/workers`. */
export function catalogEntry(worker: WorkerResource): CatalogEntry {
  const { backend, platforms, architectures } = worker;
  return {
    ...worker,
    ...recipes(worker),
    pkgbuildUrl: worker.pkgbuild_url,
    ...sizes(worker),
    ...familyFacts(worker),
    buildSystem: worker.build_system,
    ...{ arch: architectures, worker_type: backend, workerType: backend, platforms },
    ...{ binaryName: worker.binary_name, installPath: worker.install_path },
    ...capabilitiesOf(worker),
    capabilities: capabilitiesOf(worker),
    variants: [variantOf(worker)],
  };
}

/** The workers of one family in the form of upstream's newest adapters. */
export function groupedEntry(family: WorkerFamilyResource, variants: Members): GroupedEntry {
  const [{ implementation, build_system, source }] = variants;
  const { id, name, description, version, released, license, kind, tier, requires_license, purchase_url } = family;
  return {
    ...{ id, name, version, released, description, license, kind, tier, requires_license },
    ...(purchase_url !== undefined && { purchase_url }),
    ...{ author: family.author, homepage: family.homepage, tags: family.tags },
    ...familyFacts(family),
    ...{ implementation, buildSystem: build_system, source },
    capabilities: capabilitiesOf(variants[0]),
    variants: variants.map(variantOf),
  };
}

/** The same with the members that a hive decodes of an entry of `/workers`. */
export const familyEntry = (family: WorkerFamilyResource, variants: Members): FamilyEntry => ({
  ...groupedEntry(family, variants),
  worker_type: variants[0].backend,
  platforms: [...new Set(variants.flatMap(({ platforms }) => platforms))],
  architectures: [...new Set(variants.flatMap(({ architectures }) => architectures))],
});

/** One backend of a family. */
function variantOf(worker: WorkerResource): CatalogVariant {
  const { id, variant, version, released, backend, platforms, architectures } = worker;
  const { source, build, depends, makedepends, binaries } = worker;
  return {
    ...{ id, variant, version, released, backend, platforms, architectures },
    ...recipes(worker),
    ...{ source, build, depends, makedepends },
    ...{ binaryName: worker.binary_name, installPath: worker.install_path },
    ...sizes(worker),
    binaries,
  };
}

/**
 * The addresses of recipes and formulas. Upstream's types have two of each and know no absent one: where a worker has a
 * single recipe, both name it, and a missing formula is an empty text.
 */
function recipes({ id, pkgbuild_url_git, pkgbuild_url_bin, homebrew_formula }: WorkerResource) {
  return {
    pkgbuildUrl: pkgbuild_url_bin ?? recipePath(id),
    pkgbuildUrlGit: pkgbuild_url_git ?? recipePath(id),
    homebrewFormula: homebrew_formula ?? "",
    homebrewFormulaGit: homebrew_formula ?? "",
  };
}

const sizes = ({ binaries, system_requirements }: WorkerResource) => ({
  ...(binaries.length > 0 && { binarySizeBytes: Math.max(...binaries.map(({ size }) => size)) }),
  systemRequirements: system_requirements,
});

function familyFacts({
  readme_url,
  cover_image,
  published_at,
  marketplace_compatibility,
}: WorkerResource | WorkerFamilyResource) {
  return {
    ...(readme_url !== null && { readmeUrl: readme_url }),
    ...(cover_image !== null && { coverImage: cover_image }),
    ...(published_at !== null && { updatedAt: published_at }),
    marketplaceCompatibility: compatibilityEntry(marketplace_compatibility),
  };
}

const capabilitiesOf = (worker: WorkerResource) => ({
  supportedFormats: worker.supported_formats,
  ...(worker.max_context_length !== undefined && { maxContextLength: worker.max_context_length }),
  supportsStreaming: worker.supports_streaming,
  supportsBatching: worker.supports_batching,
});
