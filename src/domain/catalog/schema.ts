import { z } from "@hono/zod-openapi";
import { ARCHITECTURES } from "../workers/recipe.ts";
import { BACKENDS, KINDS, OPERATING_SYSTEMS, TIERS } from "../workers/table.ts";

const SourceSchema = z
  .object({
    type: z.enum(["git", "tarball"]).openapi({ description: "`tarball` is any single file fetched over HTTP." }),
    url: z.url(),
    branch: z.string().optional(),
    tag: z.string().optional().openapi({ description: "The tag's short name." }),
    commit: z.string().optional().openapi({ description: "The only commit of the tag that the recipe builds." }),
    path: z.string().optional().openapi({ description: "The crate's directory in the repository." }),
  })
  .openapi("WorkerSource");

const BuildSchema = z
  .object({
    features: z.array(z.string()).optional(),
    profile: z.string().optional(),
    flags: z.array(z.string()).optional(),
  })
  .openapi("WorkerBuild", { description: "The options of cargo in `build()`. Empty for a worker that is not built." });

/** A worker in the form of `/v1/workers`: snake_case, each fact once. */
export const WorkerSchema = z
  .object({
    id: z.string().openapi({ example: "llm-worker-rbee-cpu" }),
    variant: z.string().openapi({ description: "A shorter name, accepted like the id.", example: "cpu" }),
    name: z.string().openapi({ example: "LLM Worker (CPU)" }),
    description: z.string().openapi({ example: "LLM inference worker for rbee, for any CPU" }),
    version: z.string().openapi({
      description: "`latest`. Without a release, the `pkgver` of the recipe: 0.0.0 for a worker that is only a binary.",
      example: "0.1.0",
    }),
    released: z.boolean().openapi({
      description: "Whether a stable version is published. If not, a free recipe builds its source as it is now.",
    }),
    latest: z
      .string()
      .nullable()
      .openapi({ description: "The newest stable version, as in `/v1/workers/{id}/versions`.", example: "0.1.0" }),
    tier: z.enum(TIERS).openapi({ example: "free" }),
    requires_license: z.boolean(),
    purchase_url: z.url().optional().openapi({ description: "The shop, for premium workers." }),
    license: z.string().openapi({ description: "SPDX expression.", example: "GPL-3.0-or-later" }),
    kind: z.enum(KINDS).openapi({ description: "Generates text (`llm`) or images (`image`).", example: "llm" }),
    family: z.string().openapi({ description: "The id without the backend.", example: "llm-worker-rbee" }),
    backend: z.enum(BACKENDS).openapi({ description: "The kind of processor that it computes on.", example: "cpu" }),
    platforms: z.array(z.enum(OPERATING_SYSTEMS)),
    architectures: z.array(z.enum(ARCHITECTURES)),
    implementation: z.enum(["rust", "python", "cpp"]).openapi({ example: "rust" }),
    build_system: z.enum(["cargo", "make", "cmake"]).openapi({ example: "cargo" }),
    source: SourceSchema,
    build: BuildSchema,
    depends: z.array(z.string()).openapi({ example: ["gcc-libs"] }),
    makedepends: z.array(z.string()).openapi({ example: ["rust", "cargo", "git"] }),
    binary_name: z.string().openapi({ example: "llm-worker-rbee-cpu" }),
    install_path: z.string().openapi({ example: "/usr/local/bin/llm-worker-rbee-cpu" }),
    supported_formats: z.array(z.string()).openapi({ example: ["gguf", "safetensors"] }),
    max_context_length: z
      .int()
      .optional()
      .openapi({ description: "In tokens. Absent for a worker that reads no text.", example: 32_768 }),
    supports_streaming: z.boolean(),
    supports_batching: z.boolean(),
    pkgbuild_url: z.string().openapi({ format: "uri-reference", example: "/workers/cpu/PKGBUILD" }),
    srcinfo_url: z.string().openapi({ format: "uri-reference", example: "/workers/cpu/.SRCINFO" }),
  })
  .openapi("Worker");

export type WorkerResource = z.infer<typeof WorkerSchema>;

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
