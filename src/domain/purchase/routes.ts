import { combine } from "../../platform/http/route.ts";
import { refund, stripeEvents } from "./routes/admin.ts";
import { billingPortal, checkout, trialEnd } from "./routes/buyer.ts";
import { orderRoutes } from "./routes/orders.ts";
import { planList } from "./routes/plans.ts";
import { revoke } from "./routes/revoke.ts";
import { webhook } from "./routes/webhook.ts";

/** The operations of buyers, and the webhook of Stripe. */
export const purchaseRoutes = combine(planList, checkout, webhook).route("/", billingPortal).route("/", trialEnd);

/** The operations of admins on purchases. */
export const purchaseAdminRoutes = combine(revoke, refund, stripeEvents, orderRoutes);
