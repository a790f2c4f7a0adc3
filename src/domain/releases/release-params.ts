import { z } from "@hono/zod-openapi";

/** The `{id}` in the paths of a release. */
export const ReleaseParams = z.object({
  id: z.string().openapi({ param: { description: "The release." }, example: "rel_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
});

/** The `{id}` and `{artifact_id}` in the paths of a file of a release. */
export const ArtifactParams = ReleaseParams.extend({
  artifact_id: z.string().openapi({ param: { description: "The file." }, example: "art_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
});
