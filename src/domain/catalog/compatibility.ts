import type { MarketplaceCompatibility } from "../workers/table.ts";
import type { WorkerResource } from "./schema.ts";

type Compatibility = WorkerResource["marketplace_compatibility"];

/** The models that a worker runs, in the form of `/v1/workers`. */
export const compatibilityResource = ({ huggingface, civitai }: MarketplaceCompatibility): Compatibility => ({
  ...(huggingface && { huggingface: huggingFaceResource(huggingface) }),
  ...(civitai && { civitai: { model_types: civitai.modelTypes, base_models: civitai.baseModels } }),
});

const huggingFaceResource = ({
  minParameters,
  maxParameters,
  ...filters
}: NonNullable<MarketplaceCompatibility["huggingface"]>) => ({
  ...filters,
  ...(minParameters !== undefined && { min_parameters: minParameters }),
  ...(maxParameters !== undefined && { max_parameters: maxParameters }),
});

/** The same in camelCase, as upstream's adapters decode it. */
export const compatibilityEntry = ({ huggingface, civitai }: Compatibility) => ({
  ...(huggingface && { huggingface: huggingFaceEntry(huggingface) }),
  ...(civitai && { civitai: { modelTypes: civitai.model_types, baseModels: civitai.base_models } }),
});

const huggingFaceEntry = ({
  min_parameters,
  max_parameters,
  ...filters
}: NonNullable<Compatibility["huggingface"]>) => ({
  ...filters,
  ...(min_parameters !== undefined && { minParameters: min_parameters }),
  ...(max_parameters !== undefined && { maxParameters: max_parameters }),
});
