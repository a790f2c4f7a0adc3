import { BODY_PROBLEMS, combine, createRoute, jsonBodyLimit, problems, z } from "../../platform/http/route.ts";
import {
  ADMIN_PROBLEMS,
  adminAccess,
  adminActor,
  createAdminRouter,
  Reason,
} from "../../platform/identity/authentication.ts";
import { republishEverything } from "../../platform/storage/outbox.ts";
import { figures } from "./routes/figures.ts";

const Body = z
  .object({ reason: Reason.openapi({ example: "the ledger was restored to 3 May" }) })
  .openapi("Republication");

const republish = createAdminRouter();

republish.openapi(
  createRoute({
    ...adminAccess("owner", jsonBodyLimit),
    method: "post",
    path: "/v1/admin/republish",
    tags: ["Admin"],
    summary: "Publish everything again",
    description:
      "Publishes every record of the edge copy again from the ledger: after a restore, or if KV has lost records. The cron " +
      "publishes up to 200 records a minute. Idempotent.",
    request: { body: { required: true, content: { "application/json": { schema: Body } } } },
    responses: {
      202: {
        description: "The cron will publish the records.",
        content: {
          "application/json": {
            schema: z.object({ records: z.int().openapi({ description: "The number of records.", example: 1204 }) }),
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

/** The admin routes of this room: figures, and publishing everything again. */
export const figuresRoutes = combine(figures, republish);
