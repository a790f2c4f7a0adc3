import type { HonoRequest, MiddlewareHandler, Next } from "hono";
import { equalInConstantTime } from "../../../lib/encoding.ts";
import { isCrossSiteChange } from "../../http/origin.ts";
import { Problem } from "../../http/problem.ts";
import type { AppEnv } from "../../http/router.ts";
import type { Session } from "./session.ts";

/** The field of a form that carries its session's `csrfToken`. */
export const CSRF_FIELD = "csrf_token";

/** What is needed of any room's context. */
type FormContext = { readonly req: Pick<HonoRequest, "raw" | "formData"> };

const refused = (detail: string) => new Problem({ code: "FORM_REFUSED", detail });

/**
 * Refuses a form that another site sent. For forms that nobody is signed in for yet, so that nobody is made to sign in as
 * somebody else (login CSRF). Throws FORM_REFUSED.
 */
export const ownForm: MiddlewareHandler<AppEnv> = async (c, next) => {
  refuseCrossSite(c.req.raw);
  await next();
};

/**
 * Refuses a form that another site sent, or that does not carry its session's token: one that was opened in an earlier session,
 * say. For the middleware of a route, behind `requireCustomer` or `requireConsole` and a body limit. Throws FORM_REFUSED,
 * MALFORMED_REQUEST.
 */
export async function sessionForm(
  c: FormContext & { readonly var: { readonly session: Pick<Session, "csrfToken"> } },
  next: Next,
): Promise<void> {
  refuseCrossSite(c.req.raw);
  const sent = await csrfFieldOf(c);
  const encoder = new TextEncoder();
  if (!equalInConstantTime(encoder.encode(sent), encoder.encode(c.var.session.csrfToken))) {
    throw refused("This form was opened in an earlier session. Nothing was changed; load the page again.");
  }
  await next();
}

function refuseCrossSite(request: Request): void {
  if (isCrossSiteChange(request)) throw refused("This form was sent from another site. Nothing was changed.");
}

async function csrfFieldOf(c: FormContext): Promise<string> {
  const form = await c.req.formData().catch(() => {
    throw new Problem({ code: "MALFORMED_REQUEST", detail: "Send the fields of a form." });
  });
  const sent = form.get(CSRF_FIELD);
  return typeof sent === "string" ? sent : "";
}
