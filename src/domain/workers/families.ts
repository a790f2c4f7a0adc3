import { BACKENDS, type Capabilities, type Family, type MarketplaceCompatibility } from "./table.ts";

const RBEE = { author: "rbee", homepage: "https://rbee.dev" };
const README = "https://raw.githubusercontent.com/rbee-keeper/rbee/development/bin";

const textGeneration: Capabilities = {
  supportedFormats: ["gguf", "safetensors"],
  maxContextLength: 32_768,
  supportsStreaming: true,
  supportsBatching: false,
};

/** From upstream's catalog data, and the model loaders of its crate (rbee-keeper/rbee at 0509312f). */
const textModels: MarketplaceCompatibility = {
  huggingface: {
    tasks: ["text-generation"],
    libraries: ["transformers"],
    formats: ["gguf", "safetensors"],
    languages: ["en", "zh", "fr", "es", "de", "ja", "ko", "multilingual"],
    minParameters: 0.1,
    maxParameters: 500,
  },
};

/**
 * From upstream's catalog data, which agrees with the model loaders of its crate (rbee-keeper/rbee at 0509312f). The
 * older compatibility matrix there names ControlNet and SD 3, which no loader knows, and excludes FLUX, which one does.
 */
const imageModels: MarketplaceCompatibility = {
  huggingface: {
    tasks: ["text-to-image"],
    libraries: ["diffusers"],
    formats: ["safetensors"],
    minParameters: 0.5,
    maxParameters: 50,
  },
  civitai: {
    modelTypes: ["Checkpoint", "LORA"],
    baseModels: [
      ...["SD 1.4", "SD 1.5", "SD 1.5 LCM", "SD 1.5 Hyper"],
      ...["SD 2.0", "SD 2.0 768", "SD 2.1", "SD 2.1 768", "SD 2.1 Unclip"],
      ...["SDXL 0.9", "SDXL 1.0", "SDXL 1.0 LCM", "SDXL Distilled", "SDXL Turbo", "SDXL Lightning", "SDXL Hyper"],
      ...["Flux.1 D", "Flux.1 S", "Flux.1 Krea", "Flux.1 Kontext"],
      ...["Illustrious", "Pony", "NoobAI"],
    ],
  },
};

const llmWorker: Family = {
  ...RBEE,
  id: "llm-worker-rbee",
  kind: "llm",
  tier: "free",
  variantPrefix: "",
  name: "LLM Worker",
  description: "Generates text with large language models, on Candle",
  tags: ["llm", "text-generation", "chat", "candle"],
  readmeUrl: `${README}/30_llm_worker_rbee/README.md`,
  coverImage: null,
  sourcePath: "bin/30_llm_worker_rbee",
  capabilities: textGeneration,
  marketplaceCompatibility: textModels,
};

const sdWorker: Family = {
  ...RBEE,
  id: "sd-worker-rbee",
  kind: "image",
  tier: "free",
  variantPrefix: "sd-",
  name: "SD Worker",
  description: "Generates images with Stable Diffusion and FLUX models, on Candle",
  tags: ["image", "text-to-image", "stable-diffusion", "flux", "candle"],
  readmeUrl: `${README}/31_sd_worker_rbee/README.md`,
  coverImage: null,
  sourcePath: "bin/31_sd_worker_rbee",
  capabilities: { supportedFormats: ["safetensors"], supportsStreaming: true, supportsBatching: false },
  marketplaceCompatibility: imageModels,
};

const premiumLlmWorker: Family = {
  ...RBEE,
  id: "llm-worker-rbee-premium",
  kind: "llm",
  tier: "premium",
  variantPrefix: "premium-",
  name: "Premium LLM Worker",
  description: "Generates text with large language models, as a signed binary",
  tags: ["llm", "text-generation", "chat"],
  readmeUrl: null,
  coverImage: null,
  sourcePath: null,
  capabilities: textGeneration,
  marketplaceCompatibility: textModels,
};

/** Every family, by the name that the rows of the table use. */
export const FAMILIES = { llmWorker, sdWorker, premiumLlmWorker } as const satisfies Record<string, Family>;

const families = Object.values<Family>(FAMILIES);

/** The families of the workers that need a license. */
export const premiumFamilies: readonly Family[] = families.filter(({ tier }) => tier === "premium");

/**
 * The id of the worker with this variant (`premium-cpu`), as the names of its family are made; any other text as it is.
 * For programs that must not take the catalog's word for which worker a name means.
 */
export function idOfName(name: string): string {
  const ids = families.flatMap(({ id, variantPrefix }) =>
    BACKENDS.flatMap((backend) => (name === `${variantPrefix}${backend}` ? `${id}-${backend}` : [])),
  );
  return ids[0] ?? name;
}
