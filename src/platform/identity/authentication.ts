import type { Context, MiddlewareHandler } from "hono";
import { isAdminToken } from "../../lib/credential.ts";
import { currentTime, type UnixSeconds } from "../../lib/time.ts";
import { allows, type NeededScope, type Scope } from "../config/scopes.ts";
import { isCrossSiteChange } from "../http/origin.ts";
import { Problem } from "../http/problem.ts";
import { countFailedAdminSignIn } from "../http/rate-limit.ts";
import type { AppEnv } from "../http/router.ts";
import type { Actor } from "../storage/ledger.ts";
import { ACCESS_HEADER, acceptsAccess, accessScopes, verifyAccessAssertion } from "./access.ts";
import { findAdminToken } from "./admin-token-store.ts";

/** Who is at work: `token:adm_...` or `access:mail`, as the audit trail names them, and what they may do. */
export type Admin = {
  actor: string;
  /** Who that is for people: the token's name, or the mail address. */
  name: string;
  scopes: readonly Scope[];
  /** When a token that expires does; null for one that does not, and for people, whose sessions are not ours. */
  expiresAt: UnixSeconds | null;
};

/** What a handler behind `adminAccess` may rely on. */
export type AdminEnv = AppEnv & { Variables: { admin: Admin } };

/** The problems that `adminAccess` itself answers with, for `problems(...)`. */
export const ADMIN_PROBLEMS = [
  "CREDENTIAL_REQUIRED",
  "TOKEN_INVALID",
  "TOKEN_EXPIRED",
  "INSUFFICIENT_SCOPE",
  "RATE_LIMITED",
] as const;

/**
 * Lets in an admin who holds `scope`, and sets `c.var.admin`. As a route's `middleware` it runs before the route's
 * schemas, so that who may not come in learns nothing about what they ask for. Nothing behind it is ever cached.
 * Throws CREDENTIAL_REQUIRED, TOKEN_INVALID, TOKEN_EXPIRED, INSUFFICIENT_SCOPE, RATE_LIMITED, SERVICE_UNAVAILABLE.
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
 * The members of `createRoute` that put an operation behind `scope`: the check, then whatever else must run before the
 * route's schemas read the request (`jsonBodyLimit` where there is a body), and its description.
 */
export const adminAccess = (
  scope: NeededScope,
  ...andThen: MiddlewareHandler<AdminEnv>[]
): { middleware: MiddlewareHandler<AdminEnv>[]; security: Record<"admin_token", string[]>[] } => ({
  middleware: [requireScope(scope), ...andThen],
  security: [{ admin_token: [scope] }],
});

/** An admin who acts: for the ledger, and with the scopes that decide how far the act may go. */
export type AdminActor = Actor & Pick<Admin, "scopes">;

/** The admin of this request as the one who acts. */
export const adminActor = (c: { readonly var: Readonly<AdminEnv["Variables"]> }): AdminActor => ({
  actor: c.var.admin.actor,
  scopes: c.var.admin.scopes,
  requestId: c.var.requestId,
  now: currentTime(),
});

/** A token that was sent counts, and no other way in: nobody is let in as somebody whom they did not mean to be. */
async function authenticate(c: Context<AdminEnv>): Promise<Admin> {
  const authorization = c.req.header("Authorization");
  const assertion = acceptsAccess(c.var.config) ? c.req.header(ACCESS_HEADER) : undefined;
  if (authorization === undefined && assertion === undefined) {
    throw new Problem({
      code: "CREDENTIAL_REQUIRED",
      detail: "Send an admin token: Authorization: Bearer rbee_adm_...",
    });
  }
  try {
    return authorization === undefined ? await byAccess(c, assertion ?? "") : await byToken(c.env.DB, authorization);
  } catch (error) {
    if (error instanceof Problem && error.code === "TOKEN_INVALID") await countFailedAdminSignIn(c.env, c.req.raw);
    throw error;
  }
}

async function byToken(db: D1Database, authorization: string): Promise<Admin> {
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "";
  const known = isAdminToken(token) ? await findAdminToken(db, token) : null;
  if (known === null || known.revoked_at !== null) {
    throw new Problem({ code: "TOKEN_INVALID", detail: "This is not an admin token, or it has been revoked." });
  }
  if (known.expires_at !== null && known.expires_at <= currentTime()) {
    throw new Problem({
      code: "TOKEN_EXPIRED",
      detail: "This admin token has expired. Please ask an owner for a new one.",
    });
  }
  return { actor: `token:${known.id}`, name: known.name, scopes: known.scopes, expiresAt: known.expires_at };
}

async function byAccess(c: Context<AdminEnv>, assertion: string): Promise<Admin> {
  const mail = await verifyAccessAssertion(c.var.config, assertion);
  if (isCrossSiteChange(c.req.raw)) {
    throw new Problem({
      code: "INSUFFICIENT_SCOPE",
      detail: "A change through Access must come from this site's own pages.",
    });
  }
  const scopes = accessScopes(c.var.config.ACCESS_SCOPES, mail);
  return { actor: `access:${mail}`, name: mail, scopes, expiresAt: null };
}
