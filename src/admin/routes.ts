import { createAdminRouter } from "./router.ts";
import { auditList } from "./routes/audit-list.ts";
import { metricsRead } from "./routes/metrics-read.ts";
import { republish } from "./routes/republish.ts";
import { statsRead } from "./routes/stats-read.ts";
import { tokenCreate } from "./routes/token-create.ts";
import { tokenList } from "./routes/token-list.ts";
import { tokenRevoke } from "./routes/token-revoke.ts";

/** Everything under `/v1/admin` but the licenses (src/licensing) and releases (src/releases), which mount their own. */
export const adminRoutes = createAdminRouter();
adminRoutes.route("/", tokenCreate);
adminRoutes.route("/", tokenList);
adminRoutes.route("/", tokenRevoke);
adminRoutes.route("/", auditList);
adminRoutes.route("/", statsRead);
adminRoutes.route("/", metricsRead);
adminRoutes.route("/", republish);
