import type { Format } from "../../domain/catalog/format.ts";
import { ARCHITECTURES } from "./names.ts";
import { FORMAT } from "./repository.ts";

/** Container images in a registry of this service. */
export const oci: Format = {
  framing: {
    name: FORMAT,
    architectures: ARCHITECTURES,
    load: async () => (await import("./image-maker.ts")).maker,
  },
  routes: async () => (await import("./routes.ts")).ociRoutes,
};
