import type { HonoRequest, MiddlewareHandler, Next } from "hono";
import { equalInConstantTime } from "../../../lib/encoding.ts";
import { isCrossSiteChange } from "../../http/origin.ts";
import { type AppEnv, Problem } from "../../http/route.ts";
import type { Session } from "./session.ts";

/** The field of a form that carries its session's `csrfToken`. */
export const CSRF_FIELD = "csrf_token";

/** The part of a context that these checks need. */
type FormContext = { readonly req: Pick<HonoRequest, "raw" | "formData"> };

const refused = (detail: string) => new Problem({ code: "FORM_REFUSED", detail });

/** Refuses a form that another site sent. For forms before a sign-in (login CSRF). Throws FORM_REFUSED. */
export const ownForm: MiddlewareHandler<AppEnv> = async (c, next) => {
  refuseCrossSite(c.req.raw);
  await next();
};

/**
 * Refuses a form that another site sent, or one without its session's token, for example from an earlier session. It
 * goes behind `requireCustomer` or `requireConsole` and a body limit. Throws FORM_REFUSED, MALFORMED_REQUEST.
 */
export async function sessionForm(
  c: FormContext & { readonly var: { readonly session: Pick<Session, "csrfToken"> } },
  next: Next,
): Promise<void> {
  refuseCrossSite(c.req.raw);
  const sent = await csrfFieldOf(c);
  const encoder = new TextEncoder();
  if (!equalInConstantTime(encoder.encode(sent), encoder.encode(c.var.session.csrfToken))) {
    throw refused("You opened this form in an earlier session. Nothing was changed. Please load the page again.");
  }
  await next();
}

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
