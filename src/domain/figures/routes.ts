import { createAdminRouter } from "../../platform/identity/router.ts";
import { auditList } from "../../platform/identity/routes/audit-list.ts";
import { tokenCreate } from "../../platform/identity/routes/token-create.ts";
import { tokenList } from "../../platform/identity/routes/token-list.ts";
import { tokenRevoke } from "../../platform/identity/routes/token-revoke.ts";
import { metricsRead } from "./routes/metrics-read.ts";
import { republish } from "./routes/republish.ts";
import { statsRead } from "./routes/stats-read.ts";

/** Everything under `/v1/admin` but the licenses (src/licensing) and releases (src/releases), which mount their own. */
export const adminRoutes = createAdminRouter();
adminRoutes.route("/", tokenCreate);
adminRoutes.route("/", tokenList);
adminRoutes.route("/", tokenRevoke);
adminRoutes.route("/", auditList);
adminRoutes.route("/", statsRead);
adminRoutes.route("/", metricsRead);
adminRoutes.route("/", republish);
