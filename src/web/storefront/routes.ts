import { combine } from "../../platform/http/route.ts";
import { crawlers } from "./routes/crawlers.ts";
import { workers } from "./routes/workers.ts";

export { default as storefrontStyle } from "./storefront.css";

/** The public pages: workers, installation, and the files for crawlers. */
export const storefrontRoutes = combine(workers, crawlers);
