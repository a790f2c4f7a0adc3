import type { Context, MiddlewareHandler } from "hono";
import { isAdminToken } from "../../../lib/credential.ts";
import { currentTime } from "../../../lib/time.ts";
import { allows, type NeededScope } from "../../config/scopes.ts";
import { Problem } from "../../http/problem.ts";
import { countFailedAdminSignIn } from "../../http/rate-limit.ts";
import type { AppEnv } from "../../http/router.ts";
import { ACCESS_HEADER, acceptsAccess, accessScopes, verifyAccessAssertion } from "../access.ts";
import { findAdminToken, readAdminToken } from "../admin-token-store.ts";
import type { Admin, AdminEnv } from "../authentication.ts";
import { signInPath } from "./return-path.ts";
import type { Session } from "./session.ts";
import { readSessionCookie } from "./session-cookie.ts";
import { currentSession, startSession } from "./session-start.ts";

/** What a handler behind `requireConsole` may rely on; `c.var.admin` is as in the API, for `adminActor`. */
export type ConsoleEnv = AdminEnv & { Variables: { session: Session<"console"> } };

/**
 * Lets in an admin who is signed in to the console and holds `scope`; null: who holds any. Sets `c.var.session` and
 * `c.var.admin`. What they may do is asked anew each time, of the token's row or of Access. Who comes through Cloudflare Access
 * is signed in by that; everybody else is sent to the sign-in page, which leads back. Throws INSUFFICIENT_SCOPE.
 */
export const requireConsole =
  (scope: NeededScope | null): MiddlewareHandler<ConsoleEnv> =>
  async (c, next) => {
    const signedIn = await signedInAdmin(c);
    if (signedIn === null) return isHiddenCookie(c) ? hereAgain(c) : c.redirect(signInPath("console", c.req.raw), 303);
    const { session, admin } = signedIn;
    if (scope === null ? admin.scopes.length === 0 : !allows(admin.scopes, scope)) {
      const detail = scope === null ? "You may do nothing here." : `This needs the scope ${scope}.`;
      throw new Problem({ code: "INSUFFICIENT_SCOPE", detail });
    }
    c.set("session", session);
    c.set("admin", admin);
    await next();
    c.res.headers.set("Cache-Control", "no-store");
    return undefined;
  };

type SignedIn = { session: Session<"console">; admin: Admin };

async function signedInAdmin(c: Context<ConsoleEnv>): Promise<SignedIn | null> {
  const session = await currentSession(c, "console");
  if (session?.by.kind === "token") {
    const token = await readAdminToken(c.env.DB, session.by.subject);
    if (token === null) return null;
    const { id, name, scopes, expires_at } = token;
    return { session, admin: { actor: `token:${id}`, name, scopes, expiresAt: expires_at } };
  }
  const admin = await adminByAccess(c);
  if (admin === null) return null;
  const mail = admin.name;
  // A session of somebody else's, or none: Access says who it is now.
  if (session?.by.kind === "access" && session.by.subject === mail) return { session, admin };
  // A form that was sent belongs to no session: it could not be verified. A hidden cookie may hold one: no other is begun.
  if (c.req.method !== "GET" || isHiddenCookie(c)) return null;
  const named = { actor: admin.actor, subject: admin.actor };
  return { session: await startSession(c, "console", { kind: "access", subject: mail }, named), admin };
}

async function adminByAccess(c: Context<ConsoleEnv>): Promise<Admin | null> {
  const assertion = acceptsAccess(c.var.config) ? c.req.header(ACCESS_HEADER) : undefined;
  if (assertion === undefined) return null;
  const mail = await verifyAccessAssertion(c.var.config, assertion);
  const scopes = accessScopes(c.var.config.ACCESS_SCOPES, mail);
  return { actor: `access:${mail}`, name: mail, scopes, expiresAt: null };
}

/** Whether the browser may have withheld the console's cookie because a link on another site led here (SameSite=Strict). */
const isHiddenCookie = (c: Context<ConsoleEnv>): boolean =>
  c.req.method === "GET" && c.req.header("Sec-Fetch-Site") === "cross-site" && readSessionCookie(c, "console") === null;

/** Has the browser ask again from a page of ours: now with its cookie, if it has one. */
const hereAgain = (c: Context<ConsoleEnv>): Response =>
  c.html('<!doctype html><meta http-equiv="refresh" content="0"><title>rbee</title>', 200, {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
  });

/**
 * Signs in who sends an admin token that is live, and sets the cookie on the response that `c` makes next. Returns whether it
 * did; a token that is wrong, revoked or expired is one and the same, and counts under its sender's address. Throws
 * RATE_LIMITED past the limit.
 */
export async function signInByToken<E extends AppEnv>(c: Context<E>, text: string): Promise<boolean> {
  const token = text.trim();
  const known = isAdminToken(token) ? await findAdminToken(c.env.DB, token) : null;
  const isLive =
    known !== null && known.revoked_at === null && (known.expires_at === null || known.expires_at > currentTime());
  if (!isLive) {
    c.var.subject.refusal = "TOKEN_INVALID";
    await countFailedAdminSignIn(c.env, c.req.raw);
    return false;
  }
  await startSession(
    c,
    "console",
    { kind: "token", subject: known.id },
    { actor: `token:${known.id}`, subject: known.id },
  );
  return true;
}
