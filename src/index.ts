import { adminRoutes } from "./admin/routes.ts";
import { createRouter } from "./http/app.ts";
import { foundation, notFound, onError } from "./http/foundation.ts";

const app = createRouter();
app.use(foundation);
app.onError(onError);
app.notFound(notFound);
app.get("/health", (c) => c.json({ status: "ok" }));
app.route("/", adminRoutes);

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
