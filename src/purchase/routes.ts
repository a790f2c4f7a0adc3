import { createAdminRouter } from "../admin/router.ts";
import { createRouter } from "../http/app.ts";
import { publicCors } from "../http/cors.ts";
import type { HolderEnv } from "../licensing/holder.ts";
import { registerEvents } from "./routes/admin/events.ts";
import { registerRefund } from "./routes/admin/refund.ts";
import { registerBillingPortal } from "./routes/billing-portal.ts";
import { registerCheckout } from "./routes/checkout.ts";
import { registerCheckoutPages } from "./routes/checkout-pages.ts";
import { registerPlanPage } from "./routes/plan-page.ts";
import { registerPlans } from "./routes/plans.ts";
import { registerSession } from "./routes/session.ts";
import { registerWebhook } from "./routes/webhook.ts";

/** What holders of a license key ask of billing. */
const holderRoutes = createRouter<HolderEnv>();
registerBillingPortal(holderRoutes);

/** What can be bought, how, and what Stripe tells us. */
export const purchaseRoutes = createRouter();
purchaseRoutes.use("/v1/plans", publicCors);
registerPlans(purchaseRoutes);
registerPlanPage(purchaseRoutes);
registerCheckout(purchaseRoutes);
registerSession(purchaseRoutes);
registerCheckoutPages(purchaseRoutes);
registerWebhook(purchaseRoutes);
purchaseRoutes.route("/", holderRoutes);

/** What admins do about purchases. */
export const purchaseAdminRoutes = createAdminRouter();
registerRefund(purchaseAdminRoutes);
registerEvents(purchaseAdminRoutes);
