import { createRoute, z } from "@hono/zod-openapi";
import { problems } from "../../http/problem-schema.ts";
import { NextCursor, PageQuery, page } from "../../http/schemas.ts";
import { listAdminTokens } from "../admin-token-store.ts";
import { ADMIN_PROBLEMS, adminAccess } from "../authentication.ts";
import { createAdminRouter } from "../router.ts";
import { AdminTokenSchema, presentAdminToken } from "./token-schema.ts";

const TokenList = z
  .object({ admin_tokens: z.array(AdminTokenSchema), next_cursor: NextCursor })
  .openapi("AdminTokenList");

export const tokenList = createAdminRouter();

tokenList.openapi(
  createRoute({
    ...adminAccess("tokens:read"),
    method: "get",
    path: "/v1/admin/tokens",
    tags: ["Admin"],
    summary: "List admin tokens",
    description: "Newest first, revoked and expired ones included. The tokens themselves are not kept anywhere.",
    request: { query: PageQuery },
    responses: {
      200: { description: "One page.", content: { "application/json": { schema: TokenList } } },
      ...problems(...ADMIN_PROBLEMS, "VALIDATION_FAILED"),
    },
  }),
  async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const tokens = await listAdminTokens(c.env.DB, { limit: limit + 1, before: cursor });
    const { items, next_cursor } = page(tokens, limit, ({ id }) => id);
    return c.json({ admin_tokens: items.map(presentAdminToken), next_cursor }, 200);
  },
);
