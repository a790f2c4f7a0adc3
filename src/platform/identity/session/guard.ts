import type { Context, HonoRequest, MiddlewareHandler, Next } from "hono";
import { cleanSecret, isAdminToken } from "../../../lib/credential.ts";
import { equalInConstantTime } from "../../../lib/encoding.ts";
import { allows, type NeededScope } from "../../config/scopes.ts";
import { type Layer, layer } from "../../http/layer.ts";
import { isCrossSiteChange } from "../../http/origin.ts";
import { Problem } from "../../http/problem.ts";
import { countFailedAdminSignIn } from "../../http/rate-limit.ts";
import type { AppEnv } from "../../http/router.ts";
import { findAdminToken, readAdminToken } from "../admin-token.ts";
import { type Admin, type AdminEnv, adminOfAssertion, adminOfToken, assertionOf } from "../authentication.ts";
import { currentSession, readSessionCookie, startSession } from "./lifecycle.ts";
import { CSRF_FIELD, type Session, signInPath } from "./session.ts";

/** The environment of a handler behind `requireConsole`. `c.var.admin` is the same as in the API. */
export type ConsoleEnv = AdminEnv & { Variables: { session: Session<"console"> } };

/**
 * Admits an admin who is signed in to the console and holds `scope` (null: any scope). Sets `c.var.session` and
 * `c.var.admin`. Each request reads the scopes anew, from the token's row or from Access. Cloudflare Access signs its
 * people in; any other browser is redirected to the sign-in page, which leads back. Throws INSUFFICIENT_SCOPE.
 */
export const requireConsole = (scope: NeededScope | null): MiddlewareHandler<ConsoleEnv> =>
  layer<MiddlewareHandler<ConsoleEnv>>(async (c, next) => {
    const signedIn = await signedInAdmin(c);
    if (signedIn === null) return isHiddenCookie(c) ? reload(c) : c.redirect(signInPath("console", c.req.raw), 303);
    const { session, admin } = signedIn;
    if (scope === null ? admin.scopes.length === 0 : !allows(admin.scopes, scope)) {
      const detail =
        scope === null
          ? "You have no scope in this console. Please ask an owner for one."
          : `This needs the scope ${scope}.`;
      throw new Problem({ code: "INSUFFICIENT_SCOPE", detail });
    }
    c.set("session", session);
    c.set("admin", admin);
    await next();
    c.res.headers.set("Cache-Control", "no-store");
    return undefined;
  }, CONSOLE_ANSWERS);

const CONSOLE_ANSWERS: Layer = {
  leadsTo: "The sign-in page, if nobody is signed in.",
  refusals: ["INSUFFICIENT_SCOPE", "TOKEN_INVALID", "TOKEN_EXPIRED"],
};

type SignedIn = { session: Session<"console">; admin: Admin };

async function signedInAdmin(c: Context<ConsoleEnv>): Promise<SignedIn | null> {
  const session = await currentSession(c, "console");
  if (session?.by.kind === "token") {
    const token = await readAdminToken(c.env.DB, session.by.subject, c.var.now);
    return token && { session, admin: adminOfToken(token) };
  }
  const assertion = assertionOf(c);
  if (assertion === undefined) return null;
  const admin = await adminOfAssertion(c.var.config, assertion);
  const mail = admin.name;
  // Without a session, or with another person's, the assertion decides.
  if (session?.by.kind === "access" && session.by.subject === mail) return { session, admin };
  // A form without a session cannot be verified. A hidden cookie may hold a session, so none is started.
  if (c.req.method !== "GET" || isHiddenCookie(c)) return null;
  const named = { actor: admin.actor, subject: admin.actor };
  return { session: await startSession(c, "console", { kind: "access", subject: mail }, named), admin };
}

/** Whether the browser may have withheld the console's cookie (SameSite=Strict): another site's link led here. */
const isHiddenCookie = (c: Context<ConsoleEnv>): boolean =>
  c.req.method === "GET" && c.req.header("Sec-Fetch-Site") === "cross-site" && readSessionCookie(c, "console") === null;

/** A page that reloads itself. The reload comes from our site, so the browser sends its cookie. */
const reload = (c: Context<ConsoleEnv>): Response =>
  c.html('<!doctype html><meta http-equiv="refresh" content="0"><title>rbee</title>', 200, {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
  });

/**
 * Signs in with a live admin token and sets the cookie on `c.res`. Returns false for a wrong, revoked or expired token,
 * without telling which, and counts it under its sender's address. Throws RATE_LIMITED past the limit.
 */
export async function signInByToken<E extends AppEnv>(c: Context<E>, text: string): Promise<boolean> {
  const token = cleanSecret(text);
  const known = isAdminToken(token) ? await findAdminToken(c.env.DB, token, c.var.now) : null;
  // A workflow run has no use for pages.
  if (known?.ended !== null || known.publisher_id !== null) {
    c.var.subject.refusal = "TOKEN_INVALID";
    await countFailedAdminSignIn(c.env, c.req.raw);
    return false;
  }
  await startSession(
    c,
    "console",
    { kind: "token", subject: known.id },
    { actor: adminOfToken(known).actor, subject: known.id },
  );
  return true;
}

/** The environment of a handler behind `requireCustomer`. */
export type CustomerEnv = AppEnv & { Variables: { session: Session<"account"> } };

/** The context of a handler behind `requireCustomer`. */
export type CustomerContext = Context<CustomerEnv>;

/**
 * Admits a customer who is signed in to the account, and sets `c.var.session`. Redirects any other browser to the
 * sign-in page, which leads back. As a route's `middleware` it runs before the route's schemas.
 */
export const requireCustomer = layer<MiddlewareHandler<CustomerEnv>>(
  async (c, next) => {
    const session = await currentSession(c, "account");
    if (session === null) return c.redirect(signInPath("account", c.req.raw), 303);
    c.set("session", session);
    await next();
    c.res.headers.set("Cache-Control", "no-store");
    return undefined;
  },
  { leadsTo: "The sign-in page, if nobody is signed in." },
);

/** The part of a context that these checks need. */
type FormContext = { readonly req: Pick<HonoRequest, "raw" | "formData"> };

const refused = (detail: string) => new Problem({ code: "FORM_REFUSED", detail });

/** Refuses a form that another site sent. For forms before a sign-in (login CSRF). Throws FORM_REFUSED. */
export const ownForm = layer<MiddlewareHandler<AppEnv>>(
  async (c, next) => {
    refuseCrossSite(c.req.raw);
    await next();
  },
  { refusals: ["FORM_REFUSED", "MALFORMED_REQUEST"] },
);

/**
 * Refuses a form that another site sent, or one without its session's token, for example from an earlier session. It
 * goes behind `requireCustomer` or `requireConsole` and a body limit. Throws FORM_REFUSED, MALFORMED_REQUEST.
 */
export const sessionForm = layer(
  async (
    c: FormContext & { readonly var: { readonly session: Pick<Session, "csrfToken"> } },
    next: Next,
  ): Promise<void> => {
    refuseCrossSite(c.req.raw);
    const sent = await csrfFieldOf(c);
    const encoder = new TextEncoder();
    if (!equalInConstantTime(encoder.encode(sent), encoder.encode(c.var.session.csrfToken))) {
      throw refused("You opened this form in an earlier session. Nothing was changed. Please load the page again.");
    }
    await next();
  },
  { refusals: ["FORM_REFUSED", "MALFORMED_REQUEST"] },
);

function refuseCrossSite(request: Request): void {
  if (isCrossSiteChange(request)) throw refused("Another site sent this form. Nothing was changed.");
}

async function csrfFieldOf(c: FormContext): Promise<string> {
  const form = await c.req.formData().catch(() => {
    throw new Problem({ code: "MALFORMED_REQUEST", detail: "The request must be a form." });
  });
  const sent = form.get(CSRF_FIELD);
  return typeof sent === "string" ? sent : "";
}
