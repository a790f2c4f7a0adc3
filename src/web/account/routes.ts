import { combine, createRouter } from "../../platform/http/route.ts";
import { device } from "./routes/device.ts";
import { emailLink, emails } from "./routes/emails.tsx";
import { erase } from "./routes/erase.tsx";
import { license } from "./routes/license.ts";
import { recovery } from "./routes/recovery.ts";
import { signIn, signOut } from "./routes/sign-in.ts";
import { trial } from "./routes/trial.tsx";

/** The customer's account: the ways to sign in, and the pages behind. */
export const accountRoutes = createRouter();
accountRoutes.route("/", combine(signIn, recovery, emailLink));
accountRoutes.route("/", combine(license, trial, device, emails, erase, signOut));
