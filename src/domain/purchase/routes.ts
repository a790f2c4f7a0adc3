import { combine } from "../../platform/http/route.ts";
import { stripeEvents } from "./routes/admin/events.ts";
import { refund } from "./routes/admin/refund.ts";
import { billingPortal } from "./routes/billing-portal.ts";
import { checkout } from "./routes/checkout.ts";
import { planList } from "./routes/plans.ts";
import { webhook } from "./routes/webhook.ts";

/** The operations of buyers, and the webhook of Stripe. */
export const purchaseRoutes = combine(planList, checkout, webhook).route("/", billingPortal);

/** The operations of admins on purchases. */
export const purchaseAdminRoutes = combine(refund, stripeEvents);
