import { z } from "@hono/zod-openapi";
import { type WorkerResource, WorkerSchema } from "./schema.ts";

const { backend, platforms, architectures, build, depends, makedepends } = WorkerSchema.shape;
const { build_system, binary_name, install_path, supported_formats, max_context_length } = WorkerSchema.shape;

const CapabilitiesSchema = z.object({
  supportedFormats: supported_formats,
  maxContextLength: max_context_length,
  supportsStreaming: z.boolean(),
  supportsBatching: z.boolean(),
});

const VariantSchema = z.object({
  backend,
  platforms,
  architectures,
  pkgbuildUrl: z.string(),
  build,
  depends,
  makedepends,
  binaryName: binary_name,
  installPath: install_path,
});

/**
 * A worker in the form of `/workers`, which every client in use decodes. It has all fields of `/v1/workers`, and
 * repeats them in camelCase (for the keeper), in groups (for the marketplace) and under the names that older hives
 * know.
 */
export const CatalogEntrySchema = WorkerSchema.extend({
  arch: architectures,
  worker_type: backend,
  workerType: backend,
  pkgbuildUrl: z.string(),
  buildSystem: build_system,
  binaryName: binary_name,
  installPath: install_path,
  supportedFormats: supported_formats,
  maxContextLength: max_context_length,
  supportsStreaming: z.boolean(),
  supportsBatching: z.boolean(),
  capabilities: CapabilitiesSchema,
  variants: z
    .array(VariantSchema)
    .openapi({ description: "Always one, because every variant is a worker of its own." }),
}).openapi("CatalogEntry");

export type CatalogEntry = z.infer<typeof CatalogEntrySchema>;

/** The same worker for the clients of `/workers`. */
export function catalogEntry(worker: WorkerResource): CatalogEntry {
  const capabilities = {
    supportedFormats: worker.supported_formats,
    maxContextLength: worker.max_context_length,
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
