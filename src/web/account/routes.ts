import { createRouter } from "../../platform/http/router.ts";
import { createAccountRouter } from "../../platform/identity/session/account.ts";
import { registerAccount } from "./routes/account.ts";
import { registerBilling } from "./routes/billing.ts";
import { registerErase } from "./routes/erase.ts";
import { registerKey } from "./routes/key.ts";
import { registerLease } from "./routes/lease.ts";
import { registerMachineFree } from "./routes/machine-free.ts";
import { registerRecover } from "./routes/recover.ts";
import { registerRecoveryLink } from "./routes/recovery-link.ts";
import { registerSignIn } from "./routes/sign-in.ts";
import { registerSignOut } from "./routes/sign-out.ts";

/** For who is signed in. */
const ownRoutes = createAccountRouter();
registerAccount(ownRoutes);
registerKey(ownRoutes);
registerMachineFree(ownRoutes);
registerLease(ownRoutes);
registerBilling(ownRoutes);
registerErase(ownRoutes);
registerSignOut(ownRoutes);

/** What a customer sees of their own, and how they get in. */
export const accountRoutes = createRouter();
registerRecover(accountRoutes);
registerSignIn(accountRoutes);
registerRecoveryLink(accountRoutes);
accountRoutes.route("/", ownRoutes);
