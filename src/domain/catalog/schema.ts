import { z } from "@hono/zod-openapi";
import { Timestamp } from "../../platform/http/route.ts";
import { RequiresField } from "../releases/fields.ts";
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

const texts = (example: string[]) => z.array(z.string()).readonly().openapi({ example });

const BackendSchema = z
  .enum(BACKENDS)
  .openapi("Backend", { description: "The kind of processor that it computes on.", example: "cpu" });

const MarketplaceCompatibilitySchema = z
  .object({
    huggingface: z
      .object({
        tasks: texts(["text-generation"]),
        libraries: texts(["transformers"]),
        formats: texts(["gguf", "safetensors"]),
        languages: texts(["en", "zh"]).optional(),
        licenses: texts(["apache-2.0"]).optional(),
        min_parameters: z.number().optional().openapi({ description: "In billions.", example: 0.1 }),
        max_parameters: z.number().optional().openapi({ description: "In billions.", example: 500 }),
      })
      .optional(),
    civitai: z.object({ model_types: texts(["Checkpoint"]), base_models: texts(["SDXL 1.0"]) }).optional(),
  })
  .openapi("MarketplaceCompatibility", {
    description:
      "The models of public sites that it runs, in the words of their filters. A site without a member has none.",
  });

const BinarySchema = z
  .object({
    platform: z.string().openapi({ example: "linux-x86_64" }),
    filename: z.string().openapi({ example: "llm-worker-rbee-cpu-linux-x86_64" }),
    size: z.int().openapi({ description: "In bytes.", example: 104_857_600 }),
    requires: RequiresField.nullable(),
    system_requirements: z.array(z.string()).openapi({ example: ["glibc >= 2.31"] }),
  })
  .openapi("WorkerBinary");

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
    published_at: Timestamp.nullable().openapi({ description: "When `latest` was published.", example: null }),
    author: z.string().openapi({ example: "rbee" }),
    homepage: z.url().openapi({ example: "https://rbee.dev" }),
    tags: z
      .array(z.string())
      .readonly()
      .openapi({ example: ["llm", "text-generation"] }),
    readme_url: z.url().nullable().openapi({ description: "Its manual in Markdown.", example: null }),
    cover_image: z.url().nullable().openapi({ example: null }),
    marketplace_compatibility: MarketplaceCompatibilitySchema,
    kind: z.enum(KINDS).openapi({ description: "Generates text (`llm`) or images (`image`).", example: "llm" }),
    family: z.string().openapi({ description: "The id without the backend.", example: "llm-worker-rbee" }),
    backend: BackendSchema,
    platforms: z.array(z.enum(OPERATING_SYSTEMS)),
    architectures: z.array(z.enum(ARCHITECTURES)),
    implementation: z.enum(["rust", "python", "cpp"]).openapi({ example: "rust" }),
    // Those that the keeper and the newest adapters of upstream both decode.
    build_system: z.enum(["cargo", "cmake"]).openapi({ example: "cargo" }),
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
    binaries: z.array(BinarySchema).openapi({ description: "The binaries of `latest`, all builds of each platform." }),
    system_requirements: z.array(z.string()).openapi({
      description:
        "The needs of `latest` in words, of the builds that a client gets without choosing. Where platforms differ, each begins " +
        "with its platform.",
      example: ["glibc >= 2.31"],
    }),
    pkgbuild_url: z.string().openapi({ format: "uri-reference", example: "/workers/cpu/PKGBUILD" }),
    pkgbuild_url_git: z.string().nullable().openapi({
      description: "The recipe that builds the source; null if there is none.",
      format: "uri-reference",
      example: "/pkgbuilds/arch/llm-worker-rbee-cpu-git.PKGBUILD",
    }),
    pkgbuild_url_bin: z.string().nullable().openapi({
      description: "The recipe that installs a binary of `latest`; null if there is none.",
      format: "uri-reference",
      example: "/pkgbuilds/arch/llm-worker-rbee-cpu-bin.PKGBUILD",
    }),
    homebrew_formula: z.string().nullable().openapi({
      description: "The formula of the tap; null if Homebrew cannot install the worker.",
      format: "uri-reference",
      example: null,
    }),
    srcinfo_url: z.string().openapi({ format: "uri-reference", example: "/workers/cpu/.SRCINFO" }),
  })
  .openapi("Worker");

export type WorkerResource = z.infer<typeof WorkerSchema>;

const { version, released, tier, requires_license, purchase_url, license, kind, published_at } = WorkerSchema.shape;
const { author, homepage, tags, readme_url, cover_image, marketplace_compatibility } = WorkerSchema.shape;

/** Workers that differ only in their backend, in the form of `/v1/workers/{family}`. */
export const WorkerFamilySchema = z
  .object({
    id: z.string().openapi({ example: "llm-worker-rbee" }),
    name: z.string().openapi({ example: "LLM Worker" }),
    description: z.string().openapi({ example: "Generates text with large language models, on Candle" }),
    version,
    released,
    ...{ published_at, tier, requires_license, purchase_url, license, kind },
    ...{ author, homepage, tags, readme_url, cover_image, marketplace_compatibility },
    variants: z.array(WorkerSchema).openapi({ description: "The workers, one for each backend." }),
  })
  .openapi("WorkerFamily");

export type WorkerFamilyResource = z.infer<typeof WorkerFamilySchema>;
