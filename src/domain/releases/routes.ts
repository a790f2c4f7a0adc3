import { combine } from "../../platform/http/route.ts";
import type { createAdminRouter } from "../../platform/identity/authentication.ts";
import type { OffersOf } from "./offer.ts";
import type { PackageFormat } from "./package-format.ts";
import { artifacts, declarationRoutes } from "./routes/artifact.ts";
import { imageBases } from "./routes/image-base.ts";
import { moveRoutes } from "./routes/move.ts";
import { provenanceAttach } from "./routes/provenance.ts";
import { releases } from "./routes/release.ts";
import { signing } from "./routes/signing.ts";
import { sourceAttach } from "./routes/source.ts";
import { releaseUnblock } from "./routes/unblock.ts";
import { uploads } from "./routes/upload.ts";

/** The publisher's desk, from draft to block. `formats`: the packages that a release may hold. */
export const releaseRoutes = (
  formats: readonly PackageFormat[],
  offersOf: OffersOf,
): ReturnType<typeof createAdminRouter> =>
  combine(
    releases,
    declarationRoutes(formats),
    artifacts,
    uploads,
    signing,
    provenanceAttach,
    sourceAttach,
    moveRoutes(formats, offersOf),
    releaseUnblock,
    imageBases,
  );
