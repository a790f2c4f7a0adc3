import { combine } from "../../platform/http/route.ts";
import { packages } from "./routes/packages.ts";
import { rpc } from "./routes/rpc.ts";

/** What AUR helpers ask of an AUR, at its own paths, beside the git repositories (src/formats/git/). */
export const aurRoutes = combine(rpc, packages);
