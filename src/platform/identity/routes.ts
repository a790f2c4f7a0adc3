import { currentTime, fromRfc3339, toRfc3339 } from "../../lib/time.ts";
import { SCOPES } from "../config/scopes.ts";
import { NextCursor, operation, PageQuery, page, Timestamp, unlessEmpty, z } from "../http/route.ts";
import { type AdminToken, endAdminToken, listAdminTokens, makeAdminToken } from "./admin-token.ts";
import { listAudit } from "./audit-store.ts";
import { admin, adminActor, createAdminRouter } from "./authentication.ts";

const EXAMPLE_ID = "adm_06b4m2v8w5r7q1t3x9z2k4n6p8";

const TokenId = z
  .string()
  .regex(/^adm_[0-9a-z]{26}$/, "must be the id of an admin token")
  .openapi({ param: { description: "The token's id." }, example: EXAMPLE_ID });

const TokenScopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .max(SCOPES.length)
  .openapi({ description: "`owner` includes every scope; writing includes reading.", example: ["releases:write"] });

const AdminTokenSchema = z
  .object({
    id: TokenId,
    name: z.string().openapi({ example: "release pipeline" }),
    scopes: TokenScopes,
    created_at: Timestamp,
    expires_at: Timestamp.nullable(),
    revoked_at: Timestamp.nullable().openapi({ example: null }),
  })
  .openapi("AdminToken");

/** An admin token as JSON. */
const presentAdminToken = (token: AdminToken): z.input<typeof AdminTokenSchema> => ({
  ...token,
  created_at: toRfc3339(token.created_at),
  expires_at: toRfc3339(token.expires_at),
  revoked_at: toRfc3339(token.revoked_at),
});

/** The admin routes of this room: admin tokens and the audit trail. */
export const identityRoutes = createAdminRouter();

const NewToken = z
  .object({
    name: z.string().trim().min(1).max(100).openapi({ description: "Its purpose.", example: "release pipeline" }),
    scopes: TokenScopes.transform((scopes) => [...new Set(scopes)]),
    expires_at: z.iso
      .datetime()
      .transform(fromRfc3339)
      .refine((at) => at > currentTime(), "must be in the future")
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
      .openapi({ description: "The token. It cannot be read again.", example: `rbee_adm_${"A1b2C3d4".repeat(5)}E5f` }),
    admin_token: AdminTokenSchema,
  })
  .openapi("CreatedAdminToken");

identityRoutes.openapi(
  operation("post", "/v1/admin/tokens", {
    tag: "Admin",
    summary: "Create an admin token",
    description:
      "A token can grant only scopes that it has itself, so only an owner can create an owner. It cannot create a token that " +
      "expires later than itself. A retried request creates another token: revoke the one that you have not seen.",
    access: admin("tokens:write"),
    body: NewToken,
    answers: { 201: ["The new token. It cannot be read again.", CreatedToken] },
    refusals: [],
  }),
  async (c) => {
    const admin = { ...adminActor(c), expiresAt: c.var.admin.expiresAt };
    const { token, record } = await makeAdminToken(c.env.DB, admin, c.req.valid("json"));
    return c.json({ token, admin_token: presentAdminToken(record) }, 201);
  },
);

const TokenList = z
  .object({ admin_tokens: z.array(AdminTokenSchema), next_cursor: NextCursor })
  .openapi("AdminTokenList");

identityRoutes.openapi(
  operation("get", "/v1/admin/tokens", {
    tag: "Admin",
    summary: "List admin tokens",
    description: "Newest first, including revoked and expired tokens. The tokens themselves are not stored.",
    access: admin("tokens:read"),
    query: PageQuery,
    answers: { 200: ["One page.", TokenList] },
    refusals: ["VALIDATION_FAILED"],
  }),
  async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const tokens = await listAdminTokens(c.env.DB, { limit: limit + 1, before: cursor });
    const { items, next_cursor } = page(tokens, limit, ({ id }) => id);
    return c.json({ admin_tokens: items.map(presentAdminToken), next_cursor }, 200);
  },
);

const revocation = {
  tag: "Admin",
  access: admin("tokens:write"),
  answers: { 204: ["The token is revoked."] },
  refusals: ["VALIDATION_FAILED", "NOT_FOUND", "CONFLICT"],
} as const;

const RULES =
  "The service refuses the token from now on. A token can revoke only a token that it could have created. `CONFLICT`: this is " +
  "the last valid owner token, without which nobody could create another.";

identityRoutes.openapi(
  operation("delete", "/v1/admin/tokens/{id}", {
    ...revocation,
    summary: "Revoke an admin token",
    description: RULES,
    params: z.object({ id: TokenId }),
  }),
  async (c) => {
    await endAdminToken(c.env.DB, adminActor(c), c.req.valid("param").id);
    return c.body(null, 204);
  },
);

identityRoutes.openapi(
  operation("delete", "/v1/admin/tokens", {
    ...revocation,
    summary: "Revoke an admin token named in the query",
    description: RULES,
    query: z.object({ id: TokenId }),
  }),
  async (c) => {
    await endAdminToken(c.env.DB, adminActor(c), c.req.valid("query").id);
    return c.body(null, 204);
  },
);

const filter = (description: string, example: string) =>
  unlessEmpty(z.string().max(300).optional()).openapi({ param: { description }, type: "string", example });

const AuditQuery = PageQuery.extend({
  subject: filter("Only entries about the thing with this id.", "lic_06b4m2v8w5r7q1t3x9z2k4n6p8"),
  actor: filter("Only entries of this actor.", "token:adm_06b4m2v8w5r7q1t3x9z2k4n6p8"),
  action: filter("Only entries of this action.", "license.revoke"),
});

const AuditEntrySchema = z
  .object({
    id: z.string().openapi({ example: "chg_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    at: Timestamp,
    actor: z.string().openapi({
      description: "`token:adm_...`, `access:mail`, `license:lic_...` or `system`.",
      example: "token:adm_06b4m2v8w5r7q1t3x9z2k4n6p8",
    }),
    action: z.string().openapi({ description: "`noun.verb`", example: "license.revoke" }),
    subject: z.string().openapi({ example: "lic_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    reason: z.string().nullable().openapi({ example: "key found in a public repository" }),
    details: z.record(z.string(), z.unknown()).openapi({ example: {} }),
    request_id: z.string().nullable().openapi({
      description: "The service's own id of the request, also its `X-Request-Id`. Null outside of a request.",
      example: "5f0c8e0e-6d0b-4f52-9f0b-3b8f6f1f3a55",
    }),
    client_request_id: z.string().nullable().openapi({
      description: "The `X-Request-Id` that the client sent, if it had one of 8 to 64 letters, digits, `_` and `-`.",
      example: "build-4711",
    }),
  })
  .openapi("AuditEntry");

const AuditList = z.object({ entries: z.array(AuditEntrySchema), next_cursor: NextCursor }).openapi("AuditList");

identityRoutes.openapi(
  operation("get", "/v1/admin/audit", {
    tag: "Admin",
    summary: "Read the audit trail",
    description:
      "Every act with its actor, subject, time and reason, newest first. Entries are never changed or removed.",
    access: admin("audit:read"),
    query: AuditQuery,
    answers: { 200: ["One page.", AuditList] },
    refusals: ["VALIDATION_FAILED"],
  }),
  async (c) => {
    const { limit, cursor, ...given } = c.req.valid("query");
    const { items, next_cursor } = page(
      await listAudit(c.env.DB, { ...given, before: cursor }, limit + 1),
      limit,
      ({ id }) => id,
    );
    return c.json({ entries: items.map((entry) => ({ ...entry, at: toRfc3339(entry.at) })), next_cursor }, 200);
  },
);
