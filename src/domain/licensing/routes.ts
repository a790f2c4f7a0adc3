import { combine } from "../../platform/http/route.ts";
import { licenseActs } from "./routes/admin/act.ts";
import { licenseIssue, licenseReads } from "./routes/admin/licenses.ts";
import { machine, token } from "./routes/holder.ts";
import { verification } from "./routes/verification.ts";
import { verify } from "./routes/verify.ts";

/** The operations of hives and verifiers on licenses. */
export const licensingRoutes = combine(verify, verification).route("/", combine(machine, token));

/** The operations of admins on licenses. */
export const licenseAdminRoutes = combine(licenseIssue, licenseReads, licenseActs);
