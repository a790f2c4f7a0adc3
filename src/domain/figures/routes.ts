import { combine, operation, z } from "../../platform/http/route.ts";
import { admin, adminActor, createAdminRouter, Reason } from "../../platform/identity/authentication.ts";
import { republishEverything } from "../../platform/storage/outbox.ts";
import { figures } from "./routes/figures.ts";

const Body = z
  .object({ reason: Reason.openapi({ example: "the ledger was restored to 3 May" }) })
  .openapi("Republication");

const republish = createAdminRouter();

republish.openapi(
  operation("post", "/v1/admin/republish", {
    tag: "Admin",
    summary: "Publish everything again",
    description:
      "Publishes every record of the edge copy again from the ledger: after a restore, or if KV has lost records. The cron " +
      "publishes up to 200 records a minute. Idempotent.",
    access: admin("owner"),
    body: Body,
    answers: {
      202: [
        "The cron will publish the records.",
        z.object({ records: z.int().openapi({ description: "The number of records.", example: 1204 }) }),
      ],
    },
    refusals: [],
  }),
  async (c) => {
    const records = await republishEverything(c.env.DB, adminActor(c), c.req.valid("json").reason);
    return c.json({ records }, 202);
  },
);

/** The admin routes of this room: figures, and publishing everything again. */
export const figuresRoutes = combine(figures, republish);
