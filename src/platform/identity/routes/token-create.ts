import { createRoute, z } from "@hono/zod-openapi";
import { currentTime, fromRfc3339 } from "../../../lib/time.ts";
import { jsonBodyLimit } from "../../http/body.ts";
import { BODY_PROBLEMS, problems } from "../../http/problem-schema.ts";
import { makeAdminToken } from "../admin-token-act.ts";
import { ADMIN_PROBLEMS, adminAccess, adminActor } from "../authentication.ts";
import { createAdminRouter } from "../router.ts";
import { AdminTokenSchema, presentAdminToken, TokenScopes } from "./token-schema.ts";

const NewToken = z
  .object({
    name: z.string().trim().min(1).max(100).openapi({ description: "What it is for.", example: "release pipeline" }),
    scopes: TokenScopes.transform((scopes) => [...new Set(scopes)]),
    expires_at: z.iso
      .datetime()
      .transform(fromRfc3339)
      .refine((at) => at > currentTime(), "must lie in the future")
      .nullable()
      .default(null)
      .openapi({ type: ["string", "null"], format: "date-time", example: "2027-11-23T12:00:00Z" }),
  })
  .strict()
  .openapi("NewAdminToken");

const CreatedToken = z
  .object({
    token: z
      .string()
      .openapi({ description: "Shown now and never again.", example: `rbee_adm_${"A1b2C3d4".repeat(5)}E5f` }),
    admin_token: AdminTokenSchema,
  })
  .openapi("CreatedAdminToken");

export const tokenCreate = createAdminRouter();

tokenCreate.openapi(
  createRoute({
    ...adminAccess("tokens:write", jsonBodyLimit),
    method: "post",
    path: "/v1/admin/tokens",
    tags: ["Admin"],
    summary: "Create an admin token",
    description:
      "A token can only hand on what it may do itself, so that only an owner makes owners, and makes none that outlives it. A retried request makes " +
      "another token: revoke the one that nobody has seen.",
    request: { body: { required: true, content: { "application/json": { schema: NewToken } } } },
    responses: {
      201: { description: "The token, this once.", content: { "application/json": { schema: CreatedToken } } },
      ...problems(...ADMIN_PROBLEMS, ...BODY_PROBLEMS),
    },
  }),
  async (c) => {
    const admin = { ...adminActor(c), expiresAt: c.var.admin.expiresAt };
    const { token, record } = await makeAdminToken(c.env.DB, admin, c.req.valid("json"));
    return c.json({ token, admin_token: presentAdminToken(record) }, 201);
  },
);
