import { createRouter, Problem } from "../../platform/http/route.ts";
import { ociError, registryErrors } from "./errors.ts";
import { base } from "./routes/base.ts";
import { blobs } from "./routes/blobs.ts";
import { catalog } from "./routes/catalog.ts";
import { manifests } from "./routes/manifests.ts";
import { referrers } from "./routes/referrers.ts";
import { tags } from "./routes/tags.ts";
import { token } from "./routes/token.ts";

/** A registry of container images, for pulls (OCI distribution specification 1.1). */
export const ociRoutes = createRouter();

ociRoutes.use("/v2/*", registryErrors);
for (const router of [base, token, catalog, tags, manifests, blobs, referrers]) ociRoutes.route("/", router);

ociRoutes.all("/v2/*", (c) => {
  if (c.req.method === "GET" || c.req.method === "HEAD") {
    throw new Problem({ code: "NOT_FOUND", detail: "The registry has no such repository." });
  }
  const response = ociError(405, "UNSUPPORTED", "This registry is for pulls only. Publishers use rbee-catalog.");
  response.headers.set("Allow", "GET, HEAD");
  return response;
});
