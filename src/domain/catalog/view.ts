import type { ListedWorker } from "./published-workers.ts";
import type { CatalogEntry, WorkerResource } from "./schema.ts";

/** A worker in the form of `/v1/workers`. `purchaseUrl` is the shop of the premium workers. */
export function workerResource(worker: ListedWorker, purchaseUrl: string): WorkerResource {
  const { capabilities, sourcePath } = worker;
  const premium = worker.tier === "premium";
  return {
    id: worker.id,
    variant: worker.variant,
    name: worker.name,
    description: worker.description,
    version: worker.latest?.version ?? worker.version,
    released: worker.latest !== null,
    latest: worker.latest?.version ?? null,
    tier: worker.tier,
    requires_license: premium,
    ...(premium && { purchase_url: purchaseUrl }),
    license: worker.license,
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
    pkgbuild_url: `/workers/${worker.variant}/PKGBUILD`,
    srcinfo_url: `/workers/${worker.variant}/.SRCINFO`,
  };
}

/** The same worker for the clients of `/workers`. */
export function catalogEntry(worker: WorkerResource): CatalogEntry {
  const capabilities = {
    supportedFormats: worker.supported_formats,
    ...(worker.max_context_length !== undefined && { maxContextLength: worker.max_context_length }),
    supportsStreaming: worker.supports_streaming,
    supportsBatching: worker.supports_batching,
  };
  const installation = {
    pkgbuildUrl: worker.pkgbuild_url,
    binaryName: worker.binary_name,
    installPath: worker.install_path,
  };
  const { backend, platforms, architectures, build, depends, makedepends } = worker;
  return {
    ...worker,
    ...installation,
    ...capabilities,
    arch: architectures,
    worker_type: backend,
    workerType: backend,
    buildSystem: worker.build_system,
    capabilities,
    variants: [{ backend, platforms, architectures, ...installation, build, depends, makedepends }],
  };
}
