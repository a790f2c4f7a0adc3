import { createConsoleRouter } from "./console-router.ts";
import { auditList } from "./routes/audit-list.tsx";
import { draftDelete } from "./routes/draft-delete.tsx";
import { home } from "./routes/home.tsx";
import { licenseAct } from "./routes/license-act.tsx";
import { licenseErase } from "./routes/license-erase.tsx";
import { licenseIssue } from "./routes/license-issue.tsx";
import { licenseList } from "./routes/license-list.tsx";
import { licenseRead } from "./routes/license-read.tsx";
import { machineRemove } from "./routes/machine-remove.tsx";
import { refundRoutes } from "./routes/refund.tsx";
import { releaseAct } from "./routes/release-act.tsx";
import { releaseList } from "./routes/release-list.tsx";
import { releaseRead } from "./routes/release-read.tsx";
import { signIn } from "./routes/sign-in.tsx";
import { systemRead } from "./routes/system-read.tsx";
import { systemRepublish } from "./routes/system-republish.tsx";
import { systemRetry } from "./routes/system-retry.ts";
import { tokenCreate } from "./routes/token-create.tsx";
import { tokenList } from "./routes/token-list.tsx";
import { tokenRevoke } from "./routes/token-revoke.tsx";

export { default as consoleStyle } from "./console.css";

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
consoleRoutes.route("/", licenseErase);
consoleRoutes.route("/", releaseList);
consoleRoutes.route("/", releaseRead);
consoleRoutes.route("/", releaseAct);
consoleRoutes.route("/", draftDelete);
consoleRoutes.route("/", auditList);
consoleRoutes.route("/", tokenList);
consoleRoutes.route("/", tokenCreate);
consoleRoutes.route("/", tokenRevoke);
consoleRoutes.route("/", systemRead);
consoleRoutes.route("/", systemRepublish);
consoleRoutes.route("/", systemRetry);
