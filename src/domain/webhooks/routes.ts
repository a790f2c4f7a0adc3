import { combine } from "../../platform/http/route.ts";
import { deliveryRoutes } from "./routes/deliveries.ts";
import { endpointRoutes } from "./routes/endpoints.ts";
import { eventRoutes } from "./routes/events.ts";

/** The sequence of events, and the webhooks that send it. */
export const webhookRoutes = combine(eventRoutes, endpointRoutes, deliveryRoutes);
