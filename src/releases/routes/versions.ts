import { createRoute, z } from "@hono/zod-openapi";
import { findWorker } from "../../catalog/workers.ts";
import { readDeliveryFacts } from "../../delivery/facts.ts";
import { createRouter } from "../../http/app.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problem-schema.ts";
import { currentTime } from "../../time.ts";
import { ChannelName } from "../release-schema.ts";
import { VersionListing, versionListing } from "../version-listing.ts";

const Flag = z
  .enum(["true", "false", "1", "0"])
  .default("false")
  .transform((text) => text === "true" || text === "1")
  .openapi({ type: "boolean", example: false });

export const versions = createRouter();

versions.openapi(
  createRoute({
    method: "get",
    path: "/v1/workers/{id}/versions",
    tags: ["Releases"],
    summary: "List a worker's versions",
    description: "Newest first. Blocked versions are not listed, yanked ones only on request.",
    request: {
      params: z.object({
        id: z.string().openapi({ param: { description: "The worker's id or variant." }, example: "premium-cuda" }),
      }),
      query: z.object({
        channel: ChannelName.optional().openapi({
          param: {
            description: "Only what a follower of this channel gets: its own versions and all more stable ones.",
          },
        }),
        include_yanked: Flag,
      }),
    },
    responses: {
      200: { description: "The versions.", content: { "application/json": { schema: VersionListing } } },
      ...problems("VALIDATION_FAILED", "WORKER_NOT_FOUND"),
    },
  }),
  async (c) => {
    const worker = findWorker(c.req.valid("param").id);
    if (!worker)
      throw new Problem({ code: "WORKER_NOT_FOUND", detail: "The catalog has no such worker: see /workers." });
    const { channel, include_yanked } = c.req.valid("query");
    const { manifest } = await readDeliveryFacts(c.env, worker.id, null, currentTime());
    c.header("Cache-Control", "public, max-age=60");
    return c.json(versionListing(manifest, { channel, includeYanked: include_yanked }), 200);
  },
);
