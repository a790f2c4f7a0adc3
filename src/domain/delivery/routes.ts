import { createRouter } from "../../platform/http/router.ts";
import { registerDownload } from "./routes/download.ts";
import { registerFile } from "./routes/file.ts";
import { registerLink } from "./routes/link.ts";

/** Links to files, and the files behind them. */
export const deliveryRoutes = createRouter();
registerDownload(deliveryRoutes);
registerFile(deliveryRoutes);
registerLink(deliveryRoutes);
