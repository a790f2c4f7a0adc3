/** The vocabulary of the worker table. This file and `families.ts` import no recipe, so Node can read them as well. */

export const TIERS = ["free", "premium"] as const;
export type Tier = (typeof TIERS)[number];

/** `llm`: generates text. `image`: generates images. */
export const KINDS = ["llm", "image"] as const;
export type Kind = (typeof KINDS)[number];

export const BACKENDS = ["cpu", "cuda", "metal", "rocm"] as const;
export type Backend = (typeof BACKENDS)[number];

export const OPERATING_SYSTEMS = ["linux", "macos", "windows"] as const;
export type OperatingSystem = (typeof OPERATING_SYSTEMS)[number];

/** The capabilities of a worker. */
export type Capabilities = {
  /** The file formats of models. */
  supportedFormats: readonly string[];
  /** In tokens. A worker that reads no text has none. */
  maxContextLength?: number;
  supportsStreaming: boolean;
  supportsBatching: boolean;
};

/** The models of public model sites that a worker can run. A site without a member has none. */
export type MarketplaceCompatibility = {
  /** In the words of Hugging Face's filters. The sizes are in billions of parameters. */
  huggingface?: {
    tasks: readonly string[];
    libraries: readonly string[];
    formats: readonly string[];
    languages?: readonly string[];
    licenses?: readonly string[];
    minParameters?: number;
    maxParameters?: number;
  };
  /** In the words of Civitai's filters. */
  civitai?: { modelTypes: readonly string[]; baseModels: readonly string[] };
};

/** Workers that differ only in their backend, so upstream gives them one name. Its facts hold for each of them. */
export type Family = {
  /** The id of a worker is this, a hyphen and its backend. */
  id: string;
  kind: Kind;
  tier: Tier;
  /** What the variants of its workers begin with, before the backend. */
  variantPrefix: string;
  /** The name of a worker is this, with its backend in parentheses. */
  name: string;
  description: string;
  tags: readonly string[];
  author: string;
  homepage: string;
  /** The address of its manual, in Markdown; null if there is none. */
  readmeUrl: string | null;
  /** The address of its picture; null if there is none. */
  coverImage: string | null;
  /** The crate's directory in the source repository; null if its recipes build nothing. */
  sourcePath: string | null;
  capabilities: Capabilities;
  marketplaceCompatibility: MarketplaceCompatibility;
};

/** A figure that somebody has measured, for the comparison of workers: never an estimate. */
export type MeasuredFigure = {
  /** The same text for workers that are compared: `Tokens per second, Llama 3 8B Q4_K_M`. */
  name: string;
  /** `84`. */
  value: string;
  /** The machine and the date: `RTX 4090, 12 March 2026`. */
  measured: string;
};

/** A worker of the table: the facts that neither its family nor its recipe has. */
export type WorkerRow = {
  family: Family;
  backend: Backend;
  operatingSystems: readonly OperatingSystem[];
  /** Only if they are not those of the family. */
  capabilities?: Capabilities;
  /** Absent if nobody has measured one. */
  figures?: readonly MeasuredFigure[];
  pkgbuild: string;
  srcinfo: string;
};
