import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../../http/router.ts";
import { signInPath } from "./return-path.ts";
import type { Session } from "./session.ts";
import { currentSession } from "./session-start.ts";

/** What a handler behind `requireCustomer` may rely on. */
export type CustomerEnv = AppEnv & { Variables: { session: Session<"account"> } };

/**
 * Lets in who is signed in to the account and sets `c.var.session`; sends everybody else to the sign-in page, which leads back.
 * As a route's `middleware` it runs before the route's schemas.
 */
export const requireCustomer: MiddlewareHandler<CustomerEnv> = async (c, next) => {
  const session = await currentSession(c, "account");
  if (session === null) return c.redirect(signInPath("account", c.req.raw), 303);
  c.set("session", session);
  await next();
  c.res.headers.set("Cache-Control", "no-store");
  return undefined;
};
