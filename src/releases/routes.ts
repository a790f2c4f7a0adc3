import { createRouter } from "../http/app.ts";
import { publicCors } from "../http/cors.ts";
import { artifactComplete } from "./routes/artifact-complete.ts";
import { artifactCreate } from "./routes/artifact-create.ts";
import { artifactDelete } from "./routes/artifact-delete.ts";
import { artifactRead } from "./routes/artifact-read.ts";
import { partUpload } from "./routes/part-upload.ts";
import { releaseCreate } from "./routes/release-create.ts";
import { releaseKey } from "./routes/release-key.ts";
import { releaseList } from "./routes/release-list.ts";
import { releaseMove } from "./routes/release-move.ts";
import { releaseRead } from "./routes/release-read.ts";
import { versions } from "./routes/versions.ts";

/** The public listing of versions, and what publishers do with releases. */
export const releaseRoutes = createRouter();
releaseRoutes.use("/v1/workers/:id/versions", publicCors);
releaseRoutes.route("/", versions);
releaseRoutes.route("/", releaseKey);
releaseRoutes.route("/", releaseCreate);
releaseRoutes.route("/", releaseList);
releaseRoutes.route("/", releaseRead);
releaseRoutes.route("/", artifactCreate);
releaseRoutes.route("/", artifactRead);
releaseRoutes.route("/", artifactDelete);
releaseRoutes.route("/", partUpload);
releaseRoutes.route("/", artifactComplete);
releaseRoutes.route("/", releaseMove);
