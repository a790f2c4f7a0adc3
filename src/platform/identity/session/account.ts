import type { Context, MiddlewareHandler } from "hono";
import type { AppEnv } from "../../http/router.ts";
import { currentSession } from "./lifecycle.ts";
import { type Session, signInPath } from "./session.ts";

/** The environment of a handler behind `requireCustomer`. */
export type CustomerEnv = AppEnv & { Variables: { session: Session<"account"> } };

/** The context of a handler behind `requireCustomer`. */
export type CustomerContext = Context<CustomerEnv>;

/**
 * Admits a customer who is signed in to the account, and sets `c.var.session`. Redirects any other browser to the
 * sign-in page, which leads back. As a route's `middleware` it runs before the route's schemas.
 */
export const requireCustomer: MiddlewareHandler<CustomerEnv> = async (c, next) => {
  const session = await currentSession(c, "account");
  if (session === null) return c.redirect(signInPath("account", c.req.raw), 303);
  c.set("session", session);
  await next();
  c.res.headers.set("Cache-Control", "no-store");
  return undefined;
};
