import * as z from "zod";
import { lazy } from "../../lib/lazy.ts";

/** The facts that a database tells about a framed package, and its OpenPGP signature in base64. */
export const framedIndex = lazy(() =>
  z.object({ pkginfo: z.string(), files: z.array(z.string()), signature: z.base64() }),
);
