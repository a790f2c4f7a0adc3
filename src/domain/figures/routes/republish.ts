import { BODY_PROBLEMS, createRoute, jsonBodyLimit, problems, z } from "../../../platform/http/route.ts";
import {
  ADMIN_PROBLEMS,
  adminAccess,
  adminActor,
  createAdminRouter,
  Reason,
} from "../../../platform/identity/authentication.ts";
import { republishEverything } from "../../../platform/storage/republication.ts";

const Body = z
  .object({ reason: Reason.openapi({ example: "the ledger was restored to 3 May" }) })
  .openapi("Republication");

export const republish = createAdminRouter();

republish.openapi(
  createRoute({
    ...adminAccess("owner", jsonBodyLimit),
    method: "post",
    path: "/v1/admin/republish",
    tags: ["Admin"],
    summary: "Publish everything again",
    description:
      "Has every record of the edge copy made again from the ledger: after a restore, or when KV has lost something. The cron " +
      "does it, up to 200 records a minute. Repeating it does no harm.",
    request: { body: { required: true, content: { "application/json": { schema: Body } } } },
    responses: {
      202: {
        description: "It has begun.",
        content: {
          "application/json": {
            schema: z.object({ records: z.int().openapi({ description: "How many there are.", example: 1204 }) }),
          },
        },
      },
      ...problems(...ADMIN_PROBLEMS, ...BODY_PROBLEMS),
    },
  }),
  async (c) => {
    const records = await republishEverything(c.env.DB, adminActor(c), c.req.valid("json").reason);
    return c.json({ records }, 202);
  },
);
