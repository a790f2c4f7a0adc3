import type { OpenAPIHono } from "@hono/zod-openapi";
import { getPath } from "hono/utils/url";
import { type Format, offersOf, packageFormats } from "./domain/catalog/format.ts";
import { STRIPE_KEY_REFUSAL } from "./domain/purchase/key-refusal-note.ts";
import { STRIPE_OUTAGE } from "./domain/purchase/stripe.ts";
import { apt } from "./formats/apt/format.ts";
import { arch } from "./formats/arch/format.ts";
import { aur } from "./formats/aur/format.ts";
import { git } from "./formats/git/format.ts";
import { homebrew } from "./formats/homebrew/format.ts";
import { install } from "./formats/install/format.ts";
import { oci } from "./formats/oci/format.ts";
import { rpm } from "./formats/rpm/format.ts";
import { errorHandlers, foundation, requestLog } from "./platform/http/foundation.ts";
import { pagesAtPublicUrl, requireHttps } from "./platform/http/own-address.ts";
import { type AppEnv, createRouter, type Service } from "./platform/http/router.ts";
import { writesNeedOwnLedger } from "./platform/storage/deployment.ts";
import { STORE_OUTAGE } from "./platform/storage/outage.ts";
import { refusalCount } from "./platform/usage/refusal.ts";
import { serviceOf } from "./service.ts";
import accountStyle from "./web/account/account.css";
import consoleStyle from "./web/console/console.css";
import guidesStyle from "./web/guides/guides.css";
import { noteBindings } from "./web/page/seller.ts";
import shopStyle from "./web/shop/shop.css";
import storefrontStyle from "./web/storefront/storefront.css";

/** Every format, in the order that pages show them in. A new format is a room in src/formats and its line here. */
const FORMATS: readonly Format[] = [install, oci, git, apt, rpm, arch, aur, homebrew];

/** The parts that the rooms hand to every request and to the cron. */
export const service = serviceOf(FORMATS);

/** The rooms' style sheets, which follow the shared one. */
const ROOM_STYLES = [storefrontStyle, guidesStyle, shopStyle, accountStyle, consoleStyle];

type Router = OpenAPIHono<AppEnv>;

/** Evaluates a room and adds its routes. `parts` are the service's. */
type Mount = (router: Router, parts: Service) => Promise<void>;

/** The mount of a room whose routes do not depend on the service. */
const routes =
  <E extends AppEnv>(load: () => Promise<OpenAPIHono<E>>): Mount =>
  async (router) => {
    router.route("/", await load());
  };

/** The paths that belong to no room below. The first part of a git repository's path is its name. */
const ELSEWHERE = "*";

/**
 * Every room with routes, in the order of the API's description: the first parts of its paths, and its code. A room is
 * evaluated at the first request below one of its paths, because most isolates never meet most rooms. A room whose path
 * lies below another room's path has it to itself.
 */
const ROOMS: readonly (readonly [paths: readonly string[], mount: Mount])[] = [
  [["/health"], routes(async () => (await import("./platform/storage/health.ts")).healthRoutes)],
  [
    ["/", "/w", "/install", "/robots.txt", "/sitemap.xml"],
    routes(async () => (await import("./web/storefront/routes.ts")).storefrontRoutes),
  ],
  [["/guides"], routes(async () => (await import("./web/guides/routes.ts")).guideRoutes)],
  [
    ["/workers", "/v1/workers", "/v2/workers", "/pkgbuilds"],
    routes(async () => (await import("./domain/catalog/routes.ts")).catalogRoutes),
  ],
  [["/v1/licenses/verify"], routes(async () => (await import("./domain/delivery/routes/verify.ts")).verify)],
  [
    ["/v1/licenses", "/v1/device", "/.well-known"],
    routes(async () => (await import("./domain/licensing/routes.ts")).licensingRoutes),
  ],
  [
    ["/v1/workers", "/v1/stats"],
    routes(async () => (await import("./domain/figures/public/routes.ts")).publicFiguresRoutes),
  ],
  [["/v1/workers"], routes(async () => (await import("./domain/resolution/routes.ts")).resolutionRoutes)],
  [["/v1/workers", "/keys", "/dl"], routes(async () => (await import("./domain/delivery/routes.ts")).deliveryRoutes)],
  [
    ["/v1/plans", "/v1/checkout", "/v1/stripe", "/v1/billing-portal", "/v1/licenses/end-trial"],
    routes(async () => (await import("./domain/purchase/routes.ts")).purchaseRoutes),
  ],
  [
    ["/plans", "/checkout", "/terms", "/privacy", "/refunds", "/imprint"],
    routes(async () => (await import("./web/shop/routes.ts")).shopRoutes),
  ],
  [
    ["/account", "/recover", "/emails", "/v1/licenses/recover"],
    routes(async () => (await import("./web/account/routes.ts")).accountRoutes),
  ],
  [
    ["/page", "/favicon.ico", "/apple-touch-icon.png"],
    routes(async () => (await import("./web/page/routes.ts")).pageRoutes(ROOM_STYLES)),
  ],
  [["/docs/problems"], routes(async () => (await import("./web/reference/problems/routes.ts")).problemRoutes)],
  [["/admin"], routes(async () => (await import("./web/console/routes.ts")).consoleRoutes)],
  [["/v1/admin"], routes(async () => (await import("./platform/identity/routes.ts")).identityRoutes)],
  [["/v1/admin"], routes(async () => (await import("./domain/webhooks/routes.ts")).webhookRoutes)],
  [["/v1/admin"], routes(async () => (await import("./platform/jobs/routes.ts")).jobRoutes)],
  [["/v1/admin"], routes(async () => (await import("./domain/figures/routes.ts")).figuresRoutes)],
  [["/v1/admin"], routes(async () => (await import("./domain/doctor/routes.ts")).doctorRoutes)],
  [["/v1/admin"], routes(async () => (await import("./domain/backup/routes.ts")).backupRoutes)],
  [["/v1/admin"], routes(async () => (await import("./domain/licensing/admin-routes.ts")).licenseAdminRoutes)],
  [
    ["/v1/trusted-publishing"],
    routes(async () => (await import("./domain/publishing/routes/exchange.ts")).exchangeRoutes),
  ],
  [["/v1/admin"], routes(async () => (await import("./domain/publishing/routes/publishers.ts")).publisherRoutes)],
  [["/v1/admin"], routes(async () => (await import("./domain/erasure/routes.ts")).eraseRoutes)],
  [["/v1/admin"], routes(async () => (await import("./web/preview/routes.ts")).previewRoutes)],
  [["/v1/admin"], routes(async () => (await import("./domain/purchase/routes.ts")).purchaseAdminRoutes)],
  [["/v1/admin"], routes(async () => (await import("./domain/money/routes.ts")).moneyRoutes)],
  [
    ["/v1/admin"],
    async (router, { formats }) => {
      const { releaseRoutes } = await import("./domain/releases/routes.ts");
      router.route("/", releaseRoutes(packageFormats(formats), offersOf(formats)));
    },
  ],
  [
    [ELSEWHERE, "/pkgbuilds/homebrew"],
    async (router, { formats }) => {
      for (const format of formats) if (format.routes) router.route("/", await format.routes());
    },
  ],
];

/** The place of every room at once. The API's description is answered there. */
const WHOLE = "/openapi.json";

/** The places: the paths of the rooms, each for itself. */
const PLACES: ReadonlyMap<string, string> = new Map([
  ...ROOMS.flatMap(([paths]) => paths.map((path) => [path, path] as const)),
  [WHOLE, WHOLE],
  ["/docs", WHOLE],
]);

/** The place that answers `path`: the longest path of a room that it is or lies below, else `ELSEWHERE`. */
function placeOf(path: string): string {
  for (let above = path; above !== ""; above = above.slice(0, above.lastIndexOf("/"))) {
    const place = PLACES.get(above);
    if (place !== undefined) return place;
  }
  return ELSEWHERE;
}

const { answerError, onError, notFound } = errorHandlers({
  page: async (...refused) => (await import("./web/page/problem-page.tsx")).problemPage(...refused),
  outages: [STRIPE_OUTAGE, STRIPE_KEY_REFUSAL, STORE_OUTAGE],
});

export { answerError };

/**
 * Paths whose POST requests the guard of the ledger lets pass: AUR helpers, verifiers and hives that ask for their
 * build only read. The operations of a license holder and of a workflow run check the credential first.
 */
const UNGUARDED = [
  "/rpc",
  "/rpc/",
  "/rpc/v5/info",
  "/rpc/v5/search",
  "/v1/workers/resolve",
  "/v1/licenses/verify",
  "/v1/licenses/activate",
  "/v1/licenses/deactivate",
  "/v1/licenses/token",
  "/v1/licenses/exchange",
  "/v1/trusted-publishing/token",
  "/v2/token",
];

/** The service without its rooms: the middleware of every request, and the answers to errors and unknown paths. */
export function createService(parts: Service = service): Router {
  const router = createRouter();
  // Before the foundation, which refuses every request while the configuration is not valid.
  router.use("/v1/admin/doctor", async (c, next) =>
    (await import("./domain/doctor/unconfigured.ts")).unconfigured(c, next),
  );
  router.use(foundation(parts));
  router.use(requestLog);
  router.use(requireHttps);
  router.use(pagesAtPublicUrl);
  router.use(refusalCount);
  router.use(writesNeedOwnLedger(UNGUARDED));
  router.onError(onError);
  router.notFound(notFound);
  return router;
}

/** The service with its rooms. */
export type App = {
  fetch(request: Request, env: Env, context?: ExecutionContext): Promise<Response>;
  /** One router with the routes of every room, and with the description of all of them. */
  whole(): Promise<Router>;
  /** The router that answers requests to `path`. */
  routerOf(path: string): Promise<Router>;
};

/** The service of `parts`. It evaluates a room at its first request, and keeps the router. */
export function createApp(parts: Service): App {
  // Routers and not promises, because a request of a Worker cannot wait for the I/O of another.
  const routers = new Map<string, Router>();
  const build = async (place: string): Promise<Router> => {
    const router = createService(parts);
    for (const [paths, mount] of ROOMS) if (place === WHOLE || paths.includes(place)) await mount(router, parts);
    if (place === WHOLE) router.route("/", (await import("./web/reference/routes.ts")).referenceRoutes(router));
    routers.set(place, router);
    return router;
  };
  const at = async (place: string): Promise<Router> => routers.get(place) ?? (await build(place));
  return {
    fetch: async (request, env, context) => {
      noteBindings(env);
      return (await at(placeOf(getPath(request)))).fetch(request, env, context);
    },
    whole: () => at(WHOLE),
    routerOf: (path) => at(placeOf(path)),
  };
}

export const app = createApp(service);
