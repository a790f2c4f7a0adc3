import { adminRoutes } from "./admin/routes.ts";
import { catalogRoutes } from "./catalog/routes.ts";
import { deliveryRoutes } from "./delivery/routes.ts";
import { createRouter } from "./http/app.ts";
import { foundation, notFound, onError } from "./http/foundation.ts";
import { healthRoutes } from "./http/health.ts";
import { addReference } from "./http/openapi-routes.ts";
import { licenseAdminRoutes, licensingRoutes } from "./licensing/routes.ts";
import { planRoutes } from "./purchase/routes.ts";
import { releaseRoutes } from "./releases/routes.ts";

/** Every route of the service, room by room. */
export const app = createRouter();
app.use(foundation);
app.onError(onError);
app.notFound(notFound);
app.route("/", healthRoutes);
app.route("/", catalogRoutes);
app.route("/", licensingRoutes);
app.route("/", deliveryRoutes);
app.route("/", planRoutes);
app.route("/", adminRoutes);
app.route("/", licenseAdminRoutes);
app.route("/", releaseRoutes);
addReference(app);
