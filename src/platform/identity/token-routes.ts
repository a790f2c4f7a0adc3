import { currentTime, fromRfc3339, toRfc3339 } from "../../lib/time.ts";
import { SCOPES } from "../config/scopes.ts";
import { NextCursor, operation, PageQuery, page, Timestamp, z } from "../http/route.ts";
import { brake } from "./act-volume.ts";
import { type AdminToken, listAdminTokens } from "./admin-token.ts";
import { admin, adminActor, createAdminRouter, Reason } from "./authentication.ts";
import { endAdminToken, keepAdminToken, makeAdminToken, renewAdminToken } from "./token-acts.ts";
import { TOKEN_ENDS } from "./token-line.ts";

const EXAMPLE_ID = "adm_06b4m2v8w5r7q1t3x9z2k4n6p8";

const TokenId = z
  .string()
  .regex(/^adm_[0-9a-z]{26}$/, "must be the id of an admin token")
  .openapi({ param: { description: "The token's id." }, example: EXAMPLE_ID });

const TokenScopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .max(SCOPES.length)
  .openapi({ description: "`owner` includes every scope; acting includes reading.", example: ["releases:write"] });

const TokenWorkers = z
  .array(z.string().regex(/^[a-z0-9][a-z0-9-]{0,99}$/, "must be the id of a worker"))
  .min(1)
  .max(50)
  .openapi({
    description: "The workers whose releases the token may see and change.",
    example: ["llm-worker-rbee-premium-cuda"],
  });

const AdminTokenSchema = z
  .object({
    id: TokenId,
    name: z.string().openapi({ example: "release pipeline" }),
    scopes: TokenScopes,
    workers: TokenWorkers.nullable(),
    created_at: Timestamp,
    expires_at: Timestamp.nullable(),
    revoked_at: Timestamp.nullable().openapi({ example: null }),
    renewed_at: Timestamp.nullable().openapi({ example: null }),
    parent_id: TokenId.nullable().openapi({
      description: "The token that this one ends with, because it made it. Null: no other token.",
      example: null,
    }),
    publisher_id: z
      .string()
      .nullable()
      .openapi({ description: "The trusted publisher that it acts for.", example: null }),
    needs_renewal: z.boolean().openapi({
      description:
        "Whether it was made before the scopes were divided. It keeps all that its scopes allowed then, until it is renewed.",
      example: false,
    }),
    ended: z
      .object({
        why: z.enum(TOKEN_ENDS).openapi({ example: "parent_revoked" }),
        at: Timestamp,
        token_id: TokenId.openapi({ description: "The token that ended: this one or one of its makers." }),
      })
      .nullable()
      .openapi({ description: "Null: it is in force.", example: null }),
  })
  .openapi("AdminToken");

/** An admin token as JSON. */
const presentAdminToken = (token: AdminToken): z.input<typeof AdminTokenSchema> => {
  const {
    granted: _named,
    generation: _counter,
    run: _run,
    created_at,
    expires_at,
    revoked_at,
    renewed_at,
    ended,
    ...facts
  } = token;
  return {
    ...facts,
    created_at: toRfc3339(created_at),
    expires_at: toRfc3339(expires_at),
    revoked_at: toRfc3339(revoked_at),
    renewed_at: toRfc3339(renewed_at),
    ended: ended && { ...ended, at: toRfc3339(ended.at) },
  };
};

const End = z.iso
  .datetime()
  .transform(fromRfc3339)
  .refine((at) => at > currentTime(), "must be in the future")
  .nullable();
/** The schema of an end in the API's description. */
const endOf = (description?: string) => ({
  ...{ type: ["string", "null"] as ["string", "null"], format: "date-time", example: "2027-11-23T12:00:00Z" },
  ...(description !== undefined && { description }),
});

const distinct = <Name extends string>(names: Name[]): Name[] => [...new Set(names)];

/** The admin operations on tokens. */
export const tokenRoutes = createAdminRouter();

const NewToken = z
  .object({
    name: z.string().trim().min(1).max(100).openapi({ description: "Its purpose.", example: "release pipeline" }),
    scopes: TokenScopes.transform(distinct),
    workers: TokenWorkers.transform(distinct)
      .nullable()
      .default(null)
      .openapi({
        type: ["array", "null"],
        items: { type: "string" },
        description: "Limits the token to the releases of these workers. Only with scopes over releases.",
      }),
    expires_at: End.default(null).openapi(endOf()),
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

tokenRoutes.openapi(
  operation("post", "/v1/admin/tokens", {
    tag: "Admin: access",
    summary: "Create an admin token",
    description:
      "A token can grant only scopes and workers that it has itself, so only an owner can create an owner. The new token expires no " +
      "later than the token that makes it, and it ends with that token: when that is revoked, expires or is renewed. A retried " +
      "request creates another token: revoke the one that you have not seen. `CONFLICT`: too many tokens were made by one another.",
    access: admin("tokens:write"),
    body: NewToken,
    answers: { 201: ["The new token. It cannot be read again.", CreatedToken] },
    refusals: ["CONFLICT"],
  }),
  async (c) => {
    await brake(c, "create-token");
    const { token, record } = await makeAdminToken(c.env.DB, adminActor(c), c.req.valid("json"));
    return c.json({ token, admin_token: presentAdminToken(record) }, 201);
  },
);

const TokenList = z
  .object({ admin_tokens: z.array(AdminTokenSchema), next_cursor: NextCursor })
  .openapi("AdminTokenList");

tokenRoutes.openapi(
  operation("get", "/v1/admin/tokens", {
    tag: "Admin: access",
    summary: "List admin tokens",
    description:
      "Newest first, including tokens that have ended, each with the cause in `ended`. The tokens themselves are not stored.",
    access: admin("tokens:read"),
    query: PageQuery,
    answers: { 200: ["One page.", TokenList] },
    refusals: ["VALIDATION_FAILED"],
  }),
  async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const tokens = await listAdminTokens(c.env.DB, { limit: limit + 1, before: cursor, now: c.var.now });
    const { items, next_cursor } = page(tokens, limit, ({ id }) => id);
    return c.json({ admin_tokens: items.map(presentAdminToken), next_cursor }, 200);
  },
);

/** The path of a token. */
export const TokenParams = z.object({ id: TokenId });

const RenewalBody = z
  .object({
    scopes: TokenScopes.transform(distinct).optional().openapi({
      description:
        "The same scopes or fewer. Without it the token keeps the names of its scopes, with their present meaning.",
    }),
    workers: TokenWorkers.transform(distinct).optional().openapi({ description: "The same workers or fewer." }),
    expires_at: End.optional().openapi(endOf("Without it the end stays. Null: no end.")),
    reason: Reason.optional(),
  })
  .strict()
  .openapi("AdminTokenRenewal");

tokenRoutes.openapi(
  operation("post", "/v1/admin/tokens/{id}/renew", {
    tag: "Admin: access",
    summary: "Renew an admin token",
    description:
      "Gives the token a new secret under the same id. The old secret, its sessions and the tokens made with it end at once. From now " +
      "on it ends with the token that renews it, unless it renews itself. `CONFLICT`: it has ended, your own token was made by it, or " +
      "it is the last valid owner token, which a lost answer would end.",
    access: admin("tokens:write"),
    params: TokenParams,
    body: RenewalBody,
    answers: { 200: ["The token with its new secret, which cannot be read again.", CreatedToken] },
    refusals: ["NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { reason = null, ...wanted } = c.req.valid("json");
    const { id } = c.req.valid("param");
    await brake(c, "renew-token");
    const { token, record } = await renewAdminToken(c.env.DB, adminActor(c), id, wanted, reason);
    return c.json({ token, admin_token: presentAdminToken(record) }, 200);
  },
);

tokenRoutes.openapi(
  operation("post", "/v1/admin/tokens/{id}/keep", {
    tag: "Admin: access",
    summary: "Keep an admin token",
    description:
      "The token no longer ends with the token that made it. Idempotent. `CONFLICT`: it has ended already, and an ended token stays so.",
    access: admin("owner"),
    params: TokenParams,
    body: z
      .object({ reason: Reason.openapi({ example: "the release pipeline outlives its maker" }) })
      .openapi("AdminTokenKeep"),
    answers: { 200: ["The token.", z.object({ admin_token: AdminTokenSchema })] },
    refusals: ["NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { reason } = c.req.valid("json");
    const kept = await keepAdminToken(c.env.DB, adminActor(c), c.req.valid("param").id, reason);
    return c.json({ admin_token: presentAdminToken(kept) }, 200);
  },
);

const revocation = {
  tag: "Admin: access",
  access: admin("tokens:write"),
  answers: { 204: ["The token is revoked."] },
  refusals: ["VALIDATION_FAILED", "NOT_FOUND", "CONFLICT"],
} as const;

const RULES =
  "The service refuses the token from now on, and every token that it has made. A token can revoke only a token that it could " +
  "have created. `CONFLICT`: no owner token would be left in force, without which nobody could create another.";

/** The query of a revocation. */
export const RevocationQuery = z.object({
  keep_children: z.enum(["true", "false"]).optional().openapi({
    description: "Whether the tokens that it made itself go on without it: owners only.",
  }),
});

tokenRoutes.openapi(
  operation("delete", "/v1/admin/tokens/{id}", {
    ...revocation,
    summary: "Revoke an admin token",
    description: RULES,
    params: TokenParams,
    query: RevocationQuery,
  }),
  async (c) => {
    const keepChildren = c.req.valid("query").keep_children === "true";
    await endAdminToken(c.env.DB, adminActor(c), c.req.valid("param").id, { keepChildren });
    return c.body(null, 204);
  },
);

tokenRoutes.openapi(
  operation("delete", "/v1/admin/tokens", {
    ...revocation,
    summary: "Revoke an admin token named in the query",
    description: RULES,
    query: RevocationQuery.extend({ id: TokenId }),
  }),
  async (c) => {
    const { id, keep_children } = c.req.valid("query");
    await endAdminToken(c.env.DB, adminActor(c), id, { keepChildren: keep_children === "true" });
    return c.body(null, 204);
  },
);
