import { publicCors } from "../../platform/http/origin.ts";
import { createRouter } from "../../platform/http/router.ts";
import { indexKey } from "../delivery/routes/keys.ts";
import { provenanceRead } from "../delivery/routes/provenance.ts";
import { releaseIndexRoutes } from "../delivery/routes/index.ts";
import { releaseKey } from "../delivery/routes/release-key.ts";
import { versions } from "../delivery/routes/versions.ts";
import { artifactComplete } from "./routes/artifact-complete.ts";
import { artifactCreate } from "./routes/artifact.ts";
import { artifactDelete } from "./routes/artifact-delete.ts";
import { artifactRead } from "./routes/artifact-read.ts";
import { draftDelete } from "./routes/draft-delete.ts";
import { partUpload } from "./routes/upload.ts";
import { provenanceAttach } from "./routes/provenance.ts";
import { releaseCreate } from "./routes/release.ts";
import { releaseList } from "./routes/release-list.ts";
import { releaseMove } from "./routes/move.ts";
import { releaseRead } from "./routes/release-read.ts";

/** The public listing and index of versions, the keys and provenance behind them, and what publishers do with releases. */
export const releaseRoutes = createRouter();
for (const path of ["versions", "index.json", "index.json.minisig", ":version/provenance"]) {
  releaseRoutes.use(`/v1/workers/:id/${path}`, publicCors);
}
releaseRoutes.route("/", versions);
releaseRoutes.route("/", releaseIndexRoutes);
releaseRoutes.route("/", provenanceRead);
releaseRoutes.route("/", releaseKey);
releaseRoutes.route("/", indexKey);
releaseRoutes.route("/", releaseCreate);
releaseRoutes.route("/", releaseList);
releaseRoutes.route("/", releaseRead);
releaseRoutes.route("/", draftDelete);
releaseRoutes.route("/", artifactCreate);
releaseRoutes.route("/", artifactRead);
releaseRoutes.route("/", artifactDelete);
releaseRoutes.route("/", partUpload);
releaseRoutes.route("/", artifactComplete);
releaseRoutes.route("/", provenanceAttach);
releaseRoutes.route("/", releaseMove);
