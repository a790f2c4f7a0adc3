import type { OpenAPIHono } from "@hono/zod-openapi";
import { type Format, packageFormats } from "./domain/catalog/format.ts";
import { catalogRoutes } from "./domain/catalog/routes.ts";
import { deliveryRoutes } from "./domain/delivery/routes.ts";
import { eraseRoutes } from "./domain/erasure/routes.ts";
import { figuresRoutes } from "./domain/figures/routes.ts";
import { licenseAdminRoutes, licensingRoutes } from "./domain/licensing/routes.ts";
import { purchaseAdminRoutes, purchaseRoutes } from "./domain/purchase/routes.ts";
import { STRIPE_OUTAGE } from "./domain/purchase/stripe.ts";
import { releaseRoutes } from "./domain/releases/routes.ts";
import { arch } from "./formats/arch/format.ts";
import { aur } from "./formats/aur/format.ts";
import { git } from "./formats/git/format.ts";
import { homebrew } from "./formats/homebrew/format.ts";
import { install } from "./formats/install/format.ts";
import { errorHandlers, foundation, requestLog } from "./platform/http/foundation.ts";
import { requireHttps } from "./platform/http/own-address.ts";
import { type AppEnv, createRouter, type Service } from "./platform/http/router.ts";
import { identityRoutes } from "./platform/identity/routes.ts";
import { writesNeedOwnLedger } from "./platform/storage/deployment.ts";
import { healthRoutes, STORE_OUTAGE } from "./platform/storage/health.ts";
import { refusalCount } from "./platform/usage/message.ts";
import { serviceOf } from "./service.ts";
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

/** Every format, in the order that pages show them in. A new format is a room in src/formats and its line here. */
const FORMATS: readonly Format[] = [install, git, arch, aur, homebrew];

/** The parts that the rooms hand to every request and to the cron. */
export const service = serviceOf(FORMATS);

/** The service without its rooms: the middleware of every request, and the answers to errors and unknown paths. */
export function createService(parts: Service = service): OpenAPIHono<AppEnv> {
  const router = createRouter();
  router.use(foundation(parts));
  router.use(requestLog);
  router.use(requireHttps);
  router.use(refusalCount);
  // The interface of AUR helpers asks by POST, too. The operations of a license look at its credential first.
  router.use(writesNeedOwnLedger(["/rpc", "/v1/licenses/"]));
  router.onError(onError);
  router.notFound(notFound);
  return router;
}

/** The service with every route, room by room, and those of its formats. */
export function createApp(parts: Service): OpenAPIHono<AppEnv> {
  const { formats } = parts;
  const app = createService(parts);
  app.route("/", healthRoutes);
  app.route("/", storefrontRoutes);
  app.route("/", catalogRoutes);
  app.route("/", licensingRoutes);
  app.route("/", deliveryRoutes);
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
  app.route("/", releaseRoutes(packageFormats(formats)));
  // Last, because the first part of a git repository's path is its name.
  for (const { routes } of formats) if (routes) app.route("/", routes);
  app.route("/", referenceRoutes(app));
  return app;
}

export const app = createApp(service);
