import { combine, createRouter, publicCors } from "../../platform/http/route.ts";
import { download } from "./routes/download.ts";
import { keys, releaseIndexRoutes } from "./routes/index.ts";
import { link } from "./routes/link.ts";
import { packageKeys } from "./routes/package-keys.ts";
import { provenanceRead } from "./routes/provenance.ts";
import { publicFile } from "./routes/public.ts";
import { versions } from "./routes/versions.ts";

const forBrowsers = createRouter();
for (const path of ["versions", "index.json", "index.json.minisig", ":version/provenance"]) {
  forBrowsers.use(`/v1/workers/:id/${path}`, publicCors);
}

/** Versions, signed indexes, provenance and keys; links to files, and the files behind them. */
export const deliveryRoutes = combine(
  forBrowsers,
  versions,
  releaseIndexRoutes,
  provenanceRead,
  keys,
  packageKeys,
  download,
  publicFile,
  link,
);
