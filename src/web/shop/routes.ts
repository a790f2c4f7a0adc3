import { createRouter } from "../../platform/http/route.ts";
import { registerCheckoutPages } from "./routes/checkout-pages.ts";
import { registerPlanPage } from "./routes/plan-page.ts";

/** The pages of the shop. */
export const shopRoutes = createRouter();
registerPlanPage(shopRoutes);
registerCheckoutPages(shopRoutes);
