import { createRouter } from "../../platform/http/router.ts";
import { registerRepositoryFile } from "./routes/file.ts";

/** What pacman asks of the repositories. */
export const archRoutes = createRouter();
registerRepositoryFile(archRoutes);
