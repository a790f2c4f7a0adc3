/**
 * The shapes that the marketplace's adapter expects of the catalog, written anew from its declarations: names, members
 * and which of them may be missing (rbee-keeper/rbee at 0509312f,
 * frontend/packages/marketplace-core/src/adapters/gwc/types.ts).
 */

type Backend = "cpu" | "cuda" | "metal" | "rocm";

export type HubModels = {
  tasks: string[];
  libraries: string[];
  formats: string[];
  languages?: string[] | undefined;
  licenses?: string[] | undefined;
  minParameters?: number | undefined;
  maxParameters?: number | undefined;
};

export type UpstreamVariant = {
  backend: Backend;
  platforms: ("linux" | "macos" | "windows")[];
  architectures: ("x86_64" | "aarch64")[];
  pkgbuildUrl: string;
  pkgbuildUrlGit: string;
  homebrewFormula: string;
  homebrewFormulaGit: string;
  build: { features?: string[] | undefined; profile?: string | undefined; flags?: string[] | undefined };
  depends: string[];
  makedepends: string[];
  binaryName: string;
  installPath: string;
};

export type UpstreamWorker = {
  id: string;
  implementation: "rust" | "python" | "cpp";
  version: string;
  name: string;
  description: string;
  license: string;
  coverImage?: string | undefined;
  readmeUrl?: string | undefined;
  buildSystem: "cargo" | "cmake" | "pip" | "npm";
  source: {
    type: "git" | "tarball";
    url: string;
    branch?: string | undefined;
    tag?: string | undefined;
    path?: string | undefined;
  };
  variants: UpstreamVariant[];
  capabilities: {
    supportedFormats: string[];
    maxContextLength?: number | undefined;
    supportsStreaming: boolean;
    supportsBatching: boolean;
  };
  marketplaceCompatibility?:
    | {
        huggingface?: HubModels | undefined;
        civitai?: { modelTypes: string[]; baseModels: string[] } | undefined;
      }
    | undefined;
};

export type UpstreamList = { workers: UpstreamWorker[] };

/** The card of a worker on the marketplace's pages, as far as the adapter fills it from the catalog. */
export type UpstreamCard = {
  id: string;
  name: string;
  type: string;
  description: string;
  imageUrl?: string | undefined;
  tags: string[];
  url: string;
  license: string;
  version: string;
  backends: string;
};
