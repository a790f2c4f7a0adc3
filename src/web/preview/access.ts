import { countTokens, readPublisher } from "../../domain/publishing/publisher/store.ts";
import { PublisherId } from "../../domain/publishing/publisher/view.ts";
import { EndpointId } from "../../domain/webhooks/endpoint/fields.ts";
import { readEndpoint } from "../../domain/webhooks/endpoint/store.ts";
import { operation, z } from "../../platform/http/route.ts";
import { admin, adminActor, createAdminRouter } from "../../platform/identity/authentication.ts";
import { RevocationQuery, TokenParams } from "../../platform/identity/token-routes.ts";
import { previewPublisherRemoval } from "../console/publisher/preview.ts";
import { previewRevocation, readRevocable } from "../console/token/preview.ts";
import { nameOf } from "../console/webhook/list.tsx";
import { previewEndpointRemoval } from "../console/webhook/preview.ts";
import { DESCRIPTION, PreviewAnswer } from "./answer.ts";

/** The previews of the acts that take access away: of a token, a publisher and a webhook endpoint. */
export const accessPreviews = createAdminRouter();

const answers = { 200: ["The consequences.", PreviewAnswer] } as const;

const actQuery = <Act extends string>(act: Act) =>
  z.object({ act: z.literal(act).openapi({ param: { description: "The act to preview." } }) });

accessPreviews.openapi(
  operation("get", "/v1/admin/tokens/{id}/preview", {
    tag: "Admin: access",
    summary: "Preview the revocation of an admin token",
    description: DESCRIPTION,
    access: admin("tokens:write"),
    params: TokenParams,
    query: actQuery("revoke").extend(RevocationQuery.shape),
    answers,
    refusals: ["VALIDATION_FAILED", "NOT_FOUND"],
  }),
  async (c) => {
    const { id } = c.req.valid("param");
    const { act, keep_children } = c.req.valid("query");
    const actor = adminActor(c);
    const revocable = await readRevocable(c.env.DB, actor, id);
    const { name, scopes } = revocable.token;
    const consequences = previewRevocation(revocable, actor, { keepChildren: keep_children === "true" });
    return c.json({ act, subject: id, about: `${name} · ${scopes.join(", ")}`, consequences }, 200);
  },
);

accessPreviews.openapi(
  operation("get", "/v1/admin/publishers/{id}/preview", {
    tag: "Trusted publishing",
    summary: "Preview the removal of a trusted publisher",
    description: DESCRIPTION,
    access: admin("owner"),
    params: z.object({ id: PublisherId }),
    query: actQuery("remove"),
    answers,
    refusals: ["VALIDATION_FAILED", "NOT_FOUND"],
  }),
  async (c) => {
    const { id } = c.req.valid("param");
    const { act } = c.req.valid("query");
    const publisher = await readPublisher(c.env.DB, id);
    const consequences = previewPublisherRemoval(publisher, await countTokens(c.env.DB, id, c.var.now));
    return c.json({ act, subject: id, about: `${publisher.workflow} of ${publisher.repository}`, consequences }, 200);
  },
);

accessPreviews.openapi(
  operation("get", "/v1/admin/webhooks/{id}/preview", {
    tag: "Admin: webhooks",
    summary: "Preview the removal of a webhook endpoint",
    description: DESCRIPTION,
    access: admin("webhooks:write"),
    params: z.object({ id: EndpointId }),
    query: actQuery("remove"),
    answers,
    refusals: ["VALIDATION_FAILED", "NOT_FOUND"],
  }),
  async (c) => {
    const { id } = c.req.valid("param");
    const { act } = c.req.valid("query");
    const endpoint = await readEndpoint(c.env.DB, id);
    const about = nameOf(endpoint);
    return c.json({ act, subject: id, about, consequences: previewEndpointRemoval(endpoint) }, 200);
  },
);
