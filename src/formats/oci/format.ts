import { type Format, platformsOf } from "../../domain/catalog/format.ts";
import { latestVersionWith } from "../../domain/delivery/decision.ts";
import { containerWays } from "./install-ways.ts";
import { ARCHITECTURES, architectureOf, repositoryOf } from "./names.ts";
import { FORMAT } from "./repository.ts";

/** Container images in a registry of this service. */
export const oci: Format = {
  framing: {
    name: FORMAT,
    architectures: ARCHITECTURES,
    load: async () => (await import("./image-maker.ts")).maker,
  },
  offers: ({ worker }, manifest) =>
    platformsOf(worker)
      .filter((platform) => architectureOf(platform) !== null)
      .map((platform) => ({
        place: `container image ${repositoryOf(worker)}`,
        platform,
        version: latestVersionWith(manifest, { platform }),
        needs: "a binary",
      })),
  installWays: containerWays,
  routes: async () => (await import("./routes.ts")).ociRoutes,
};
