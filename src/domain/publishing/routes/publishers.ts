import { NextCursor, operation, PageQuery, page, z } from "../../../platform/http/route.ts";
import { admin, adminActor, createAdminRouter, Reason } from "../../../platform/identity/authentication.ts";
import { NewPublisher } from "../publisher/fields.ts";
import { addPublisher, listPublishers, removePublisher } from "../publisher/store.ts";
import { PublisherId, PublisherSchema, presentPublisher } from "../publisher/view.ts";

/** List, add and remove trusted publishers. */
export const publisherRoutes = createAdminRouter();

const PublisherList = z
  .object({ publishers: z.array(PublisherSchema), next_cursor: NextCursor })
  .openapi("PublisherList");

publisherRoutes.openapi(
  operation("get", "/v1/admin/publishers", {
    tag: "Trusted publishing",
    summary: "List trusted publishers",
    description: "Newest first, removed ones included.",
    access: admin("owner"),
    query: PageQuery,
    answers: { 200: ["One page.", PublisherList] },
    refusals: ["VALIDATION_FAILED"],
  }),
  async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const rows = await listPublishers(c.env.DB, { limit: limit + 1, before: cursor });
    const { items, next_cursor } = page(rows, limit, ({ id }) => id);
    return c.json({ publishers: items.map(presentPublisher), next_cursor }, 200);
  },
);

const PublisherAnswer = z.object({ publisher: PublisherSchema }).openapi("PublisherAnswer");

publisherRoutes.openapi(
  operation("post", "/v1/admin/publishers", {
    tag: "Trusted publishing",
    summary: "Add a trusted publisher",
    description:
      "Runs of this workflow, in this environment and for these refs, may then publish these workers with `POST " +
      "/v1/trusted-publishing/token`. `GET https://api.github.com/repos/OWNER/REPO` has the ids: `id` and `owner.id`. The catalog " +
      "does not look them up. `CONFLICT`: a publisher in force names this workflow and environment already.",
    access: admin("owner"),
    body: NewPublisher.extend({ reason: Reason.openapi({ example: "releases come from CI now" }) }).openapi(
      "NewPublisher",
    ),
    answers: { 201: ["The publisher.", PublisherAnswer] },
    refusals: ["CONFLICT"],
  }),
  async (c) => {
    const { reason, ...wanted } = c.req.valid("json");
    const publisher = await addPublisher(c.env.DB, c.var.config, adminActor(c), wanted, reason);
    return c.json({ publisher: presentPublisher(publisher) }, 201);
  },
);

publisherRoutes.openapi(
  operation("delete", "/v1/admin/publishers/{id}", {
    tag: "Trusted publishing",
    summary: "Remove a trusted publisher",
    description: "For good. Its tokens are refused at once. What it has published stays. Idempotent.",
    access: admin("owner"),
    params: z.object({ id: PublisherId }),
    body: z
      .object({ reason: Reason.openapi({ example: "the repository has moved" }) })
      .strict()
      .openapi("RemovalReason"),
    answers: { 200: ["The publisher.", PublisherAnswer] },
    refusals: ["NOT_FOUND"],
  }),
  async (c) => {
    const { id } = c.req.valid("param");
    const { reason } = c.req.valid("json");
    const publisher = await removePublisher(c.env.DB, adminActor(c), id, reason);
    return c.json({ publisher: presentPublisher(publisher) }, 200);
  },
);
