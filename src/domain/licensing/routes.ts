import { combine, createRouter } from "../../platform/http/route.ts";
import { patientEnv } from "../../platform/storage/patient-ledger.ts";
import { device } from "./routes/device.ts";
import { exchange } from "./routes/exchange.ts";
import { machine, token } from "./routes/holder.ts";
import { verification } from "./routes/verification.ts";

const hasty = createRouter();
hasty.use("/v1/licenses/*", async (c, next) => {
  c.env = patientEnv(c.env);
  await next();
});

/** The operations of hives and verifiers on licenses. None of them waits long for the ledger. */
export const licensingRoutes = combine(hasty, verification, exchange, device).route("/", combine(machine, token));
