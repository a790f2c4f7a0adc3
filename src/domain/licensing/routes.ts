import { combine } from "../../platform/http/route.ts";
import { licenseActs } from "./routes/admin/act.ts";
import { licenseIssue } from "./routes/admin/issue.ts";
import { licenseReads } from "./routes/admin/read.ts";
import { machine } from "./routes/machine.ts";
import { token } from "./routes/token.ts";
import { verification } from "./routes/verification.ts";
import { verify } from "./routes/verify.ts";

/** The operations of hives and verifiers on licenses. */
export const licensingRoutes = combine(verify, verification).route("/", combine(machine, token));

/** The operations of admins on licenses. */
export const licenseAdminRoutes = combine(licenseIssue, licenseReads, licenseActs);
