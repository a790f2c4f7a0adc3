import {
  createRoute,
  NextCursor,
  optionalChoice,
  PageQuery,
  page,
  problems,
  unlessEmpty,
  z,
} from "../../../platform/http/route.ts";
import { ADMIN_PROBLEMS, adminAccess } from "../../../platform/identity/authentication.ts";
import { createAdminRouter } from "../../../platform/identity/router.ts";
import { findWorker } from "../../workers/workers.ts";
import { RELEASE_STATUSES } from "../status.ts";
import { listAllReleases } from "../store.ts";
import { presentRelease, ReleaseSchema } from "../view.ts";

const ReleaseQuery = PageQuery.extend({
  worker_id: unlessEmpty(z.string().optional()).openapi({
    param: { description: "Only this worker's." },
    type: "string",
    example: "llm-worker-rbee-premium-cuda",
  }),
  status: optionalChoice(RELEASE_STATUSES).openapi({ param: { description: "Only those of this status." } }),
});

const ReleaseList = z.object({ releases: z.array(ReleaseSchema), next_cursor: NextCursor }).openapi("ReleaseList");

export const releaseList = createAdminRouter();

releaseList.openapi(
  createRoute({
    ...adminAccess("releases:read"),
    method: "get",
    path: "/v1/admin/releases",
    tags: ["Admin: releases"],
    summary: "List releases",
    description: "Latest made first, with drafts, yanked and blocked ones.",
    request: { query: ReleaseQuery },
    responses: {
      200: { description: "One page.", content: { "application/json": { schema: ReleaseList } } },
      ...problems(...ADMIN_PROBLEMS, "VALIDATION_FAILED"),
    },
  }),
  async (c) => {
    const { worker_id, status, limit, cursor } = c.req.valid("query");
    const rows = await listAllReleases(c.env.DB, {
      worker_id: worker_id && (findWorker(worker_id)?.id ?? worker_id),
      status,
      limit: limit + 1,
      before: cursor,
    });
    const { items, next_cursor } = page(rows, limit, ({ id }) => id);
    return c.json({ releases: items.map(presentRelease), next_cursor }, 200);
  },
);
