import { combine } from "../../platform/http/route.ts";
import { archives } from "./routes/archives.ts";
import { cgitFiles } from "./routes/cgit.ts";
import { aurPages } from "./routes/pages.ts";
import { rpc } from "./routes/rpc.ts";

/** The paths of the AUR that helpers ask, and those that they show to people. */
export const aurRoutes = combine(rpc, archives, cgitFiles, aurPages);
