import { publicCors } from "../../platform/http/origin.ts";
import { createRouter } from "../../platform/http/router.ts";
import { createAdminRouter } from "../../platform/identity/authentication.ts";
import { registerCheckoutPages } from "../../web/shop/routes/checkout-pages.ts";
import { registerPlanPage } from "../../web/shop/routes/plan-page.ts";
import type { HolderEnv } from "../licensing/holder.ts";
import { registerEvents } from "./routes/admin/events.ts";
import { registerRefund } from "./routes/admin/refund.ts";
import { registerBillingPortal } from "./routes/billing-portal.ts";
import { registerCheckout } from "./routes/checkout.ts";
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
