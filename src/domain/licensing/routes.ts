import { createRouter } from "../../platform/http/router.ts";
import { createAdminRouter } from "../../platform/identity/authentication.ts";
import type { HolderEnv } from "./holder.ts";
import { registerActivate } from "./routes/activate.ts";
import { registerActs } from "./routes/admin/act.ts";
import { registerIssue } from "./routes/admin/issue.ts";
import { registerMachineRemove } from "./routes/admin/machine-remove.ts";
import { registerReads } from "./routes/admin/read.ts";
import { registerDeactivate } from "./routes/deactivate.ts";
import { registerJwks } from "./routes/jwks.ts";
import { registerMe } from "./routes/me.ts";
import { registerStatusList } from "./routes/status-list.ts";
import { registerToken } from "./routes/token.ts";
import { registerVerify } from "./routes/verify.ts";

/** What holders of a license key or token ask of it. */
const holderRoutes = createRouter<HolderEnv>();
registerActivate(holderRoutes);
registerToken(holderRoutes);
registerDeactivate(holderRoutes);
registerMe(holderRoutes);

/** What hives and verifiers ask of licenses. */
export const licensingRoutes = createRouter();
registerVerify(licensingRoutes);
registerStatusList(licensingRoutes);
registerJwks(licensingRoutes);
licensingRoutes.route("/", holderRoutes);

/** What admins do to licenses. */
export const licenseAdminRoutes = createAdminRouter();
registerIssue(licenseAdminRoutes);
registerReads(licenseAdminRoutes);
registerActs(licenseAdminRoutes);
registerMachineRemove(licenseAdminRoutes);
