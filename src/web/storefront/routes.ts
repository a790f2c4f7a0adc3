import { createRouter } from "../../platform/http/router.ts";
import { registerCrawlerFiles } from "./routes/crawler-files.ts";
import { registerInstallPage } from "./routes/install-page.ts";
import { registerWorkerList } from "./routes/worker-list.ts";
import { registerWorkerPage } from "./routes/worker-page.ts";

export { default as storefrontStyle } from "./storefront.css";

/** What anybody may look at: the workers, how to install them, and what crawlers are told. */
export const storefrontRoutes = createRouter();
registerWorkerList(storefrontRoutes);
registerWorkerPage(storefrontRoutes);
registerInstallPage(storefrontRoutes);
registerCrawlerFiles(storefrontRoutes);
