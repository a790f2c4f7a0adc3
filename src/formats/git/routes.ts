import { createRouter } from "../../platform/http/router.ts";
import { packFile } from "./routes/pack-file.ts";
import { referenceFiles } from "./routes/files.ts";

/**
 * Repositories to clone, read-only, as plain files (gitprotocol-http(5), "Dumb Clients"). What else git tries first, such as
 * single objects, is 404. Their paths begin with a name of ours: mount this after every other route.
 */
export const gitRoutes = createRouter();
gitRoutes.route("/", referenceFiles);
gitRoutes.route("/", packFile);
