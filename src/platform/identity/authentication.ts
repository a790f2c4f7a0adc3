import type { Context, MiddlewareHandler } from "hono";
import { cleanSecret, isAdminToken } from "../../lib/credential.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../config/config.ts";
import { allows, currentScopes, type NeededScope, type Scope } from "../config/scopes.ts";
import { isCrossSiteChange } from "../http/origin.ts";
import { countFailedAdminSignIn } from "../http/rate-limit.ts";
import { type AppEnv, createRouter, type OpenAPIHono, Problem, z } from "../http/route.ts";
import type { Actor, ActorName } from "../storage/ledger.ts";
import type { WorkflowRun } from "../storage/workflow-run.ts";
import { ACCESS_HEADER, acceptsAccess, accessScopes, verifyAccessAssertion } from "./access.ts";
import { type AdminToken, findAdminToken, type MakerToken } from "./admin-token.ts";

/**
 * An authenticated admin. `actor` is the name in the audit trail: `token:adm_...`, `publisher:pub_...` or
 * `access:<mail>`.
 */
export type Admin = {
  actor: ActorName;
  /** The name to show: the token's name or the mail address. */
  name: string;
  scopes: readonly Scope[];
  /** The workers whose releases the admin may see and change (`mayWrite`). Null: all. */
  workers: readonly string[] | null;
  /** The workflow run of a trusted publisher's token; null for any other admin. */
  run: WorkflowRun | null;
  /** When the token expires. Null for a token without an end and for Access. */
  expiresAt: UnixSeconds | null;
  /** The token of the request, which tokens made with it end with. Null for Access. */
  token: MakerToken | null;
};

/** The environment of a handler behind `adminAccess`. */
export type AdminEnv = AppEnv & { Variables: { admin: Admin } };

/** A router of admin operations. Each route needs `adminAccess(scope)`, which sets `c.var.admin`. */
export const createAdminRouter = (): OpenAPIHono<AdminEnv> => createRouter<AdminEnv>();

/** The problems of `adminAccess`, for `problems(...)`. */
export const ADMIN_PROBLEMS = [
  "CREDENTIAL_REQUIRED",
  "TOKEN_INVALID",
  "TOKEN_EXPIRED",
  "INSUFFICIENT_SCOPE",
  "RATE_LIMITED",
] as const;

/** The reason of an admin's act, in a request's body. */
export const Reason = z.string().trim().min(1).max(500).openapi({
  description: "The reason. The audit trail keeps it forever: do not name a person in it.",
  example: "key found in a public repository",
});

/**
 * Admits an admin who holds `scope`, and sets `c.var.admin`. As a route's `middleware` it runs before the route's
 * schemas, so that a caller without the scope learns nothing. No response behind it is cached. Throws
 * CREDENTIAL_REQUIRED, TOKEN_INVALID, TOKEN_EXPIRED, INSUFFICIENT_SCOPE, RATE_LIMITED, SERVICE_UNAVAILABLE.
 */
const requireScope =
  (scope: NeededScope): MiddlewareHandler<AdminEnv> =>
  async (c, next) => {
    const admin = await authenticate(c);
    if (!allows(admin.scopes, scope)) {
      throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: `This needs the scope ${scope}.` });
    }
    c.set("admin", admin);
    await next();
    c.res.headers.set("Cache-Control", "no-store");
  };

/**
 * The members of `createRoute` that put an operation behind `scope`. `andThen` runs after the check and before the
 * route's schemas (`jsonBodyLimit` for a body).
 */
export const adminAccess = (
  scope: NeededScope,
  ...andThen: MiddlewareHandler<AdminEnv>[]
): { middleware: MiddlewareHandler<AdminEnv>[]; security: Record<"admin_token", string[]>[] } => ({
  middleware: [requireScope(scope), ...andThen],
  security: [{ admin_token: [scope] }],
});

/** `adminAccess` as the access of an `operation`. */
export const admin = (scope: NeededScope) => ({ ...adminAccess(scope), refusals: ADMIN_PROBLEMS });

/** An admin as the actor of a change, with all that limits it. */
export type AdminActor = Actor & Omit<Admin, "name">;

/** The admin of this request as the actor of a change. */
export const adminActor = ({
  var: { admin, requestId, clientRequestId, now },
}: {
  readonly var: Readonly<AdminEnv["Variables"]>;
}): AdminActor => {
  const { name: _shown, ...limits } = admin;
  return { ...limits, requestId, clientRequestId, now };
};

/** The admin of a token. A token of a trusted publisher acts in the publisher's name. */
export const adminOfToken = ({
  id,
  name,
  scopes,
  workers,
  expires_at,
  generation,
  publisher_id,
  run,
}: AdminToken): Admin => ({
  actor: publisher_id === null ? `token:${id}` : `publisher:${publisher_id}`,
  name,
  scopes,
  workers,
  expiresAt: expires_at,
  token: { id, generation },
  run,
});

/** The admin of an Access assertion. Throws like `verifyAccessAssertion`. */
export async function adminOfAssertion(config: Config, assertion: string): Promise<Admin> {
  const mail = await verifyAccessAssertion(config, assertion);
  const scopes = currentScopes(accessScopes(config.ACCESS_SCOPES, mail), config.ACCESS_SCOPES_VERSION);
  return { actor: `access:${mail}`, name: mail, scopes, workers: null, expiresAt: null, token: null, run: null };
}

/** The request's Access assertion; undefined if it has none or the configuration does not accept Access. */
export const assertionOf = <E extends AppEnv>(c: Context<E>): string | undefined =>
  acceptsAccess(c.var.config) ? c.req.header(ACCESS_HEADER) : undefined;

/** If a token is sent, only it is checked. There is no fallback to Access, which may name a different person. */
async function authenticate(c: Context<AdminEnv>): Promise<Admin> {
  const authorization = c.req.header("Authorization");
  const assertion = assertionOf(c);
  if (authorization !== undefined) return adminOfHeader(c.env, c.req.raw, authorization, c.var.now);
  if (assertion !== undefined) return counted(c.env, c.req.raw, byAccess(c, assertion));
  throw new Problem({
    code: "CREDENTIAL_REQUIRED",
    detail: "Send an admin token: Authorization: Bearer rbee_adm_...",
  });
}

/**
 * The admin of an `Authorization` header. It needs the ledger and no configuration. Throws TOKEN_INVALID,
 * TOKEN_EXPIRED, RATE_LIMITED, and D1's errors.
 */
export const adminOfHeader = (env: Env, request: Request, authorization: string, now: UnixSeconds): Promise<Admin> =>
  counted(env, request, byToken(env.DB, authorization, now));

/** The result of `authenticating`. A false credential counts against its sender. */
async function counted(env: Env, request: Request, authenticating: Promise<Admin>): Promise<Admin> {
  try {
    return await authenticating;
  } catch (error) {
    if (error instanceof Problem && error.code === "TOKEN_INVALID") await countFailedAdminSignIn(env, request);
    throw error;
  }
}

async function byToken(db: D1Database, authorization: string, now: UnixSeconds): Promise<Admin> {
  const token = cleanSecret(/^Bearer\s+(.+)$/is.exec(authorization)?.[1] ?? "");
  const known = isAdminToken(token) ? await findAdminToken(db, token, now) : null;
  if (known?.ended === null) return adminOfToken(known);
  switch (known?.ended.why) {
    case undefined:
    case "revoked":
      throw new Problem({ code: "TOKEN_INVALID", detail: "This is not an admin token, or it was revoked or renewed." });
    case "expired":
      throw new Problem({
        code: "TOKEN_EXPIRED",
        detail: "This admin token has expired. Please ask an owner for a new one.",
      });
    case "parent_revoked":
    case "parent_expired":
    case "parent_renewed":
      throw new Problem({
        code: "TOKEN_INVALID",
        detail: "This admin token has ended with the token that made it. Please ask an owner for a new one.",
      });
  }
}

async function byAccess(c: Context<AdminEnv>, assertion: string): Promise<Admin> {
  const admin = await adminOfAssertion(c.var.config, assertion);
  if (!isCrossSiteChange(c.req.raw)) return admin;
  throw new Problem({
    code: "INSUFFICIENT_SCOPE",
    detail: "A change through Cloudflare Access must come from a page of this site.",
  });
}
