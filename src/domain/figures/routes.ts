import { combine } from "../../platform/http/route.ts";
import { metricsRead } from "./routes/metrics-read.ts";
import { republish } from "./routes/republish.ts";
import { statsRead } from "./routes/stats-read.ts";

/** The admin routes of this room: figures, and publishing everything again. */
export const figuresRoutes = combine(statsRead, metricsRead, republish);
