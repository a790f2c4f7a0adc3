import { createRoute, z } from "@hono/zod-openapi";
import { problems } from "../../http/problem-schema.ts";
import { endAdminToken } from "../admin-token-act.ts";
import { ADMIN_PROBLEMS, adminAccess, adminActor } from "../authentication.ts";
import { createAdminRouter } from "../router.ts";
import { TokenId } from "./token-schema.ts";

const operation = {
  ...adminAccess("tokens:write"),
  method: "delete" as const,
  tags: ["Admin"],
  responses: {
    204: { description: "It is revoked, now or before." },
    ...problems(...ADMIN_PROBLEMS, "VALIDATION_FAILED", "NOT_FOUND", "CONFLICT"),
  },
};

const RULES =
  "From now on it is refused. A token can only revoke what it could have made. `CONFLICT`: it is the last owner " +
  "token in force, without which nobody could make another.";

export const tokenRevoke = createAdminRouter();

tokenRevoke.openapi(
  createRoute({
    ...operation,
    path: "/v1/admin/tokens/{id}",
    summary: "Revoke an admin token",
    description: RULES,
    request: { params: z.object({ id: TokenId }) },
  }),
  async (c) => {
    await endAdminToken(c.env.DB, adminActor(c), c.req.valid("param").id);
    return c.body(null, 204);
  },
);

tokenRevoke.openapi(
  createRoute({
    ...operation,
    path: "/v1/admin/tokens",
    summary: "Revoke an admin token named in the query",
    description: RULES,
    request: { query: z.object({ id: TokenId }) },
  }),
  async (c) => {
    await endAdminToken(c.env.DB, adminActor(c), c.req.valid("query").id);
    return c.body(null, 204);
  },
);
