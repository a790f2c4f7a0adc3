import { combine } from "../../platform/http/route.ts";
import { artifacts } from "./routes/artifact.ts";
import { releaseMove } from "./routes/move.ts";
import { provenanceAttach } from "./routes/provenance.ts";
import { releases } from "./routes/release.ts";
import { uploads } from "./routes/upload.ts";

/** The publisher's desk: draft, upload, complete, publish, yank and block. */
export const releaseRoutes = combine(releases, artifacts, uploads, provenanceAttach, releaseMove);
