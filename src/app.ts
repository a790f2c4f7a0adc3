import type { OpenAPIHono } from "@hono/zod-openapi";
import { catalogRoutes } from "./domain/catalog/routes.ts";
import { deliveryRoutes } from "./domain/delivery/routes.ts";
import { eraseRoutes } from "./domain/erasure/routes/erase.ts";
import { figuresRoutes } from "./domain/figures/routes.ts";
import { licenseAdminRoutes, licensingRoutes } from "./domain/licensing/routes.ts";
import { purchaseAdminRoutes, purchaseRoutes } from "./domain/purchase/routes.ts";
import { STRIPE_OUTAGE } from "./domain/purchase/stripe.ts";
import { releaseRoutes } from "./domain/releases/routes.ts";
import { archRoutes } from "./formats/arch/routes.ts";
import { aurRoutes } from "./formats/aur/routes.ts";
import { gitRoutes } from "./formats/git/routes.ts";
import { homebrewRoutes } from "./formats/homebrew/routes.ts";
import { installRoutes } from "./formats/install/routes.ts";
import { errorHandlers, foundation, requestLog } from "./platform/http/foundation.ts";
import { type AppEnv, createRouter } from "./platform/http/router.ts";
import { identityRoutes } from "./platform/identity/routes.ts";
import { healthRoutes, STORE_OUTAGE } from "./platform/storage/health.ts";
import { refusalCount } from "./platform/usage/refusal.ts";
import { service } from "./service.ts";
import { accountRoutes } from "./web/account/routes.ts";
import { consoleRoutes, consoleStyle } from "./web/console/routes.ts";
import { isForPeople, problemPage } from "./web/page/problem-page.tsx";
import { pageRoutes } from "./web/page/routes.ts";
import { referenceRoutes } from "./web/reference/routes.ts";
import { shopRoutes } from "./web/shop/routes.ts";
import { storefrontRoutes, storefrontStyle } from "./web/storefront/routes.ts";

const { onError, notFound } = errorHandlers({
  wantsPage: isForPeople,
  page: problemPage,
  outages: [STRIPE_OUTAGE, STORE_OUTAGE],
});

/** The service without its rooms: the middleware that every request passes, and the answers to errors and unknown paths. */
export function createService(): OpenAPIHono<AppEnv> {
  const router = createRouter();
  router.use(foundation(service));
  router.use(requestLog);
  router.use(refusalCount);
  router.onError(onError);
  router.notFound(notFound);
  return router;
}

/** Every route of the service, room by room. */
export const app = createService();
app.route("/", healthRoutes);
app.route("/", storefrontRoutes);
app.route("/", catalogRoutes);
app.route("/", licensingRoutes);
app.route("/", deliveryRoutes);
app.route("/", archRoutes);
app.route("/", installRoutes);
app.route("/", purchaseRoutes);
app.route("/", shopRoutes);
app.route("/", accountRoutes);
app.route("/", pageRoutes([storefrontStyle, consoleStyle]));
app.route("/", consoleRoutes);
app.route("/", identityRoutes);
app.route("/", figuresRoutes);
app.route("/", licenseAdminRoutes);
app.route("/", eraseRoutes);
app.route("/", purchaseAdminRoutes);
app.route("/", releaseRoutes);
app.route("/", aurRoutes);
app.route("/", homebrewRoutes);
app.route("/", gitRoutes);
app.route("/", referenceRoutes(app));
