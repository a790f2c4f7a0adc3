import { createConsoleRouter } from "./console-router.ts";
import { auditList } from "./routes/audit-list.tsx";
import { home } from "./routes/home.tsx";
import { licenseAct } from "./routes/license-act.tsx";
import { licenseIssue } from "./routes/license-issue.tsx";
import { licenseList } from "./routes/license-list.tsx";
import { licenseRead } from "./routes/license-read.tsx";
import { machineRemove } from "./routes/machine-remove.tsx";
import { refundRoutes } from "./routes/refund.tsx";
import { releaseAct } from "./routes/release-act.tsx";
import { releaseList } from "./routes/release-list.tsx";
import { releaseRead } from "./routes/release-read.tsx";
import { signIn } from "./routes/sign-in.tsx";
import { tokenCreate } from "./routes/token-create.tsx";
import { tokenList } from "./routes/token-list.tsx";
import { tokenRevoke } from "./routes/token-revoke.tsx";

/** The admin console: pages under `/admin`. */
export const consoleRoutes = createConsoleRouter();
consoleRoutes.route("/", signIn);
consoleRoutes.route("/", home);
consoleRoutes.route("/", licenseList);
// Before the license's own page, which would take `new` for an id.
consoleRoutes.route("/", licenseIssue);
consoleRoutes.route("/", licenseRead);
consoleRoutes.route("/", licenseAct);
consoleRoutes.route("/", machineRemove);
consoleRoutes.route("/", refundRoutes);
consoleRoutes.route("/", releaseList);
consoleRoutes.route("/", releaseRead);
consoleRoutes.route("/", releaseAct);
consoleRoutes.route("/", auditList);
consoleRoutes.route("/", tokenList);
consoleRoutes.route("/", tokenCreate);
consoleRoutes.route("/", tokenRevoke);
