import { createRoute, z } from "@hono/zod-openapi";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problem-schema.ts";
import type { Actor } from "../../storage/ledger.ts";
import { readAdminToken, revokeAdminToken } from "../admin-token-store.ts";
import { ADMIN_PROBLEMS, type Admin, adminAccess, adminActor } from "../authentication.ts";
import { createAdminRouter } from "../router.ts";
import { allowsAll } from "../scopes.ts";
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
    await revoke(c.env.DB, c.var.admin, adminActor(c), c.req.valid("param").id);
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
    await revoke(c.env.DB, c.var.admin, adminActor(c), c.req.valid("query").id);
    return c.body(null, 204);
  },
);

async function revoke(db: D1Database, admin: Admin, actor: Actor, id: string): Promise<void> {
  const token = await readAdminToken(db, id);
  if (token === null) throw new Problem({ code: "NOT_FOUND", detail: `There is no admin token ${id}.` });
  if (!allowsAll(admin.scopes, token.scopes)) {
    throw new Problem({
      code: "INSUFFICIENT_SCOPE",
      detail: "This token may do more than the one that would revoke it.",
    });
  }
  if ((await revokeAdminToken(db, actor, token)) === "last_owner") {
    throw new Problem({
      code: "CONFLICT",
      detail: "This is the last owner token in force. Please make another first.",
    });
  }
}
