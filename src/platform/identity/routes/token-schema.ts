import { z } from "@hono/zod-openapi";
import { toRfc3339 } from "../../../lib/time.ts";
import { SCOPES } from "../../config/scopes.ts";
import { Timestamp } from "../../http/schemas.ts";
import type { AdminToken } from "../admin-token-store.ts";

const EXAMPLE_ID = "adm_06b4m2v8w5r7q1t3x9z2k4n6p8";

export const TokenId = z
  .string()
  .regex(/^adm_[0-9a-z]{26}$/, "must be the id of an admin token")
  .openapi({ param: { description: "The token, by its id." }, example: EXAMPLE_ID });

export const TokenScopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .max(SCOPES.length)
  .openapi({ description: "`owner` may do everything; writing implies reading.", example: ["releases:write"] });

export const AdminTokenSchema = z
  .object({
    id: TokenId,
    name: z.string().openapi({ example: "release pipeline" }),
    scopes: TokenScopes,
    created_at: Timestamp,
    expires_at: Timestamp.nullable(),
    revoked_at: Timestamp.nullable().openapi({ example: null }),
  })
  .openapi("AdminToken");

/** An admin token as the API shows it. */
export const presentAdminToken = (token: AdminToken): z.input<typeof AdminTokenSchema> => ({
  ...token,
  created_at: toRfc3339(token.created_at),
  expires_at: toRfc3339(token.expires_at),
  revoked_at: toRfc3339(token.revoked_at),
});
