import { z } from "@hono/zod-openapi";
import { WorkerSchema } from "./schema.ts";

const { backend, platforms, architectures, build, depends, makedepends, binaries } = WorkerSchema.shape;
const { id, variant, version, released, implementation, source, license, tags, author, homepage } = WorkerSchema.shape;
const { tier, requires_license, purchase_url, kind, name, description } = WorkerSchema.shape;

const url = (example: string) => z.string().openapi({ format: "uri-reference", example });

const Texts = z.array(z.string()).readonly();

const CapabilitiesSchema = z.object({
  supportedFormats: WorkerSchema.shape.supported_formats,
  maxContextLength: WorkerSchema.shape.max_context_length,
  supportsStreaming: z.boolean(),
  supportsBatching: z.boolean(),
});

const CompatibilitySchema = z.object({
  huggingface: z
    .object({
      ...{ tasks: Texts, libraries: Texts, formats: Texts },
      ...{ languages: Texts.optional(), licenses: Texts.optional() },
      minParameters: z.number().optional(),
      maxParameters: z.number().optional(),
    })
    .optional(),
  civitai: z.object({ modelTypes: Texts, baseModels: Texts }).optional(),
});

/** The addresses of a worker's recipes and formulas, as upstream's types name them. All are texts there. */
const recipes = {
  pkgbuildUrl: url("/pkgbuilds/arch/llm-worker-rbee-cpu.PKGBUILD"),
  pkgbuildUrlGit: url("/pkgbuilds/arch/llm-worker-rbee-cpu-git.PKGBUILD"),
  homebrewFormula: url("/pkgbuilds/homebrew/llm-worker-rbee-metal.rb").openapi({
    description: "Empty if Homebrew cannot install the worker.",
  }),
  homebrewFormulaGit: url("/pkgbuilds/homebrew/llm-worker-rbee-metal.rb"),
};

const size = {
  binarySizeBytes: z.int().optional().openapi({ description: "Of the largest binary. Absent without a release." }),
  systemRequirements: WorkerSchema.shape.system_requirements,
};

const VariantSchema = z
  .object({
    ...{ id, variant, version, released, backend, platforms, architectures },
    ...recipes,
    ...{ source, build, depends, makedepends },
    binaryName: WorkerSchema.shape.binary_name,
    installPath: WorkerSchema.shape.install_path,
    ...size,
    binaries,
  })
  .openapi("CatalogVariant");

/** The facts of a family that upstream's adapters decode, beside those with one name in every form. */
const familyFacts = {
  readmeUrl: z.url().optional(),
  coverImage: z.url().optional(),
  buildSystem: WorkerSchema.shape.build_system,
  capabilities: CapabilitiesSchema,
  marketplaceCompatibility: CompatibilitySchema,
  updatedAt: z.string().optional().openapi({ format: "date-time", description: "When `version` was published." }),
};

/**
 * A worker in the form of `/workers`, which every client in use decodes. It has all fields of `/v1/workers`, and
 * repeats them in camelCase (for the keeper), in groups (for the marketplace) and under the names that older hives
 * know.
 */
export const CatalogEntrySchema = WorkerSchema.extend({
  arch: architectures,
  worker_type: backend,
  workerType: backend,
  ...recipes,
  ...size,
  ...familyFacts,
  ...{ binaryName: WorkerSchema.shape.binary_name, installPath: WorkerSchema.shape.install_path },
  ...CapabilitiesSchema.shape,
  variants: z
    .array(VariantSchema)
    .openapi({ description: "Always one, because every variant is a worker of its own." }),
}).openapi("CatalogEntry");

export type CatalogEntry = z.infer<typeof CatalogEntrySchema>;
export type CatalogVariant = z.infer<typeof VariantSchema>;

/**
 * Workers that differ only in their backend, in the form that upstream's newest adapters decode (`GWCWorker` in
 * frontend/packages/marketplace-core/src/adapters/gwc/types.ts, rbee-keeper/rbee at 0509312f).
 */
export const GroupedEntrySchema = z
  .object({
    id: z.string().openapi({ example: "llm-worker-rbee" }),
    ...{ implementation, version, released, name, description, license, kind },
    ...{ tier, requires_license, purchase_url, author, homepage, tags },
    ...familyFacts,
    source,
    variants: z.array(VariantSchema).openapi({ description: "One for each backend." }),
  })
  .openapi("GroupedEntry");

export type GroupedEntry = z.infer<typeof GroupedEntrySchema>;

/** `GroupedEntry` with the members that a hive decodes of an entry of `/workers`. */
export const FamilyEntrySchema = GroupedEntrySchema.extend({
  worker_type: backend.openapi({ description: "That of the first variant." }),
  platforms: platforms.openapi({ description: "Those of all variants." }),
  architectures: architectures.openapi({ description: "Those of all variants." }),
}).openapi("FamilyEntry");

export type FamilyEntry = z.infer<typeof FamilyEntrySchema>;
