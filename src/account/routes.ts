import { createRouter } from "../http/app.ts";
import { registerRecover } from "./routes/recover.ts";
import { registerRecoverForm } from "./routes/recover-form.ts";
import { registerRecoveryLink } from "./routes/recovery-link.ts";

/** What a customer sees of their own. */
export const accountRoutes = createRouter();

registerRecover(accountRoutes);
registerRecoverForm(accountRoutes);
registerRecoveryLink(accountRoutes);
