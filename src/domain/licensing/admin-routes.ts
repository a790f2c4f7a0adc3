import { combine } from "../../platform/http/route.ts";
import { licenseActs } from "./routes/admin/act.ts";
import { licenseAmend } from "./routes/admin/amend.ts";
import { licenseImport } from "./routes/admin/import.ts";
import { licenseIssue, licenseReads } from "./routes/admin/licenses.ts";

/** The operations of admins on licenses. */
export const licenseAdminRoutes = combine(licenseImport, licenseIssue, licenseReads, licenseActs, licenseAmend);
