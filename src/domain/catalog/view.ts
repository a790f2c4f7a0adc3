import { toRfc3339 } from "../../lib/time.ts";
import { compareVersions } from "../releases/version.ts";
import type { Family } from "../workers/table.ts";
import { compatibilityResource } from "./compatibility.ts";
import type { ListedWorker } from "./published-workers.ts";
import { formulaPath, hasFormula, recipeFiles } from "./recipe-files.ts";
import { binariesOf, requirementsOf } from "./release-facts.ts";
import type { WorkerFamilyResource, WorkerResource } from "./schema.ts";

/** A worker in the form of `/v1/workers`. `purchaseUrl` is the shop of the premium workers. */
export function workerResource(worker: ListedWorker, purchaseUrl: string): WorkerResource {
  const { capabilities, sourcePath, latest } = worker;
  const files = recipeFiles(worker);
  const premium = worker.tier === "premium";
  return {
    id: worker.id,
    variant: worker.variant,
    name: worker.name,
    description: worker.description,
    version: latest?.version ?? worker.version,
    released: latest !== null,
    latest: latest?.version ?? null,
    tier: worker.tier,
    requires_license: premium,
    ...(premium && { purchase_url: purchaseUrl }),
    license: worker.license,
    published_at: latest && toRfc3339(latest.published_at),
    ...familyResource(worker.family),
    kind: worker.kind,
    family: worker.family.id,
    backend: worker.backend,
    platforms: [...worker.operatingSystems],
    architectures: worker.architectures,
    implementation: "rust",
    build_system: "cargo",
    source: { ...worker.source, ...(sourcePath !== null && { path: sourcePath }) },
    build: worker.build,
    depends: worker.depends,
    makedepends: worker.makedepends,
    binary_name: worker.id,
    install_path: worker.installPath,
    supported_formats: [...capabilities.supportedFormats],
    ...(capabilities.maxContextLength !== undefined && { max_context_length: capabilities.maxContextLength }),
    supports_streaming: capabilities.supportsStreaming,
    supports_batching: capabilities.supportsBatching,
    binaries: binariesOf(latest),
    system_requirements: requirementsOf(latest),
    pkgbuild_url: `/workers/${worker.variant}/PKGBUILD`,
    pkgbuild_url_git: files.git,
    pkgbuild_url_bin: files.binary,
    homebrew_formula: hasFormula(worker, worker.installs) ? formulaPath(worker.id) : null,
    srcinfo_url: `/workers/${worker.variant}/.SRCINFO`,
  };
}

/** The facts of a family that each of its workers repeats. */
const familyResource = ({ author, homepage, tags, readmeUrl, coverImage, marketplaceCompatibility }: Family) => ({
  ...{ author, homepage, tags },
  readme_url: readmeUrl,
  cover_image: coverImage,
  marketplace_compatibility: compatibilityResource(marketplaceCompatibility),
});

/** The workers of a family, which has at least one. */
export type Members = readonly [WorkerResource, ...WorkerResource[]];

/**
 * The workers of one family in the form of `/v1/workers/{family}`, from those of `/v1/workers`. Its version is the
 * newest among them.
 */
export function familyView(family: Family, variants: Members): WorkerFamilyResource {
  const [first] = variants;
  const newest = variants
    .filter(({ released }) => released)
    .reduce((best, one) => (best.released && compareVersions(best.version, one.version) >= 0 ? best : one), first);
  const { version, released, published_at, tier, requires_license, purchase_url, license, kind } = newest;
  return {
    ...{ id: family.id, name: family.name, description: family.description },
    ...{ version, released, published_at, tier, requires_license },
    ...(purchase_url !== undefined && { purchase_url }),
    ...{ license, kind },
    ...familyResource(family),
    variants: [...variants],
  };
}
