import { createRouter } from "../http/app.ts";
import { registerRepositoryFile } from "./routes/file.ts";

/** What pacman asks of the repositories. */
export const archRoutes = createRouter();
registerRepositoryFile(archRoutes);
