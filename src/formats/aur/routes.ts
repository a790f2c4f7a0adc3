import { createRouter } from "../../platform/http/router.ts";
import { archives } from "./routes/packages.ts";
import { cgit } from "./routes/cgit.ts";
import { rpc } from "./routes/rpc.ts";

/** What AUR helpers ask an AUR for, at its own paths, beside the git repositories (src/git/). */
export const aurRoutes = createRouter();
aurRoutes.route("/", rpc);
aurRoutes.route("/", archives);
aurRoutes.route("/", cgit);
