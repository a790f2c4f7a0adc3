import { combine } from "../http/router.ts";
import { audit } from "./routes/audit.ts";
import { tokens } from "./routes/tokens.ts";

/** The admin routes of this room: admin tokens and the audit trail. */
export const identityRoutes = combine(tokens, audit);
