import { combine } from "../../platform/http/route.ts";
import { machine, token } from "./routes/holder.ts";
import { verification } from "./routes/verification.ts";
import { verify } from "./routes/verify.ts";

/** The operations of hives and verifiers on licenses. */
export const licensingRoutes = combine(verify, verification).route("/", combine(machine, token));
