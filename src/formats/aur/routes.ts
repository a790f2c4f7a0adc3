import { combine } from "../../platform/http/route.ts";
import { packages } from "./routes/packages.ts";
import { rpc } from "./routes/rpc.ts";

/** The paths of the AUR that helpers ask. */
export const aurRoutes = combine(rpc, packages);
