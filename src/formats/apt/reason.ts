import type { MiddlewareHandler } from "hono";
import { PROBLEMS, Problem } from "../../platform/http/route.ts";

/** The longest reason phrase, in characters. apt shows up to 359 of them. */
const LONGEST = 340;

/**
 * Ends the refusal of a package. apt upgrades nothing while one of the packages cannot be downloaded, and its own hint
 * names the option in passing.
 */
const OTHERS = " To upgrade everything else: apt-get upgrade --fix-missing";

/**
 * Puts a refusal into the reason phrase of the status line (RFC 9112, section 4), because apt shows that to people and
 * no body: `403  License revoked: ...`.
 */
export const reasonPhrases: MiddlewareHandler = async (c, next) => {
  await next();
  const { error, res } = c;
  if (!(error instanceof Problem)) return;
  const { status, headers, body } = res;
  const statusText = reasonOf(error, c.req.path.includes("/pool/") ? OTHERS : "");
  c.res = undefined;
  c.res = new Response(body, { status, headers, statusText });
};

/** A refusal and `hint` in one line of printable ASCII, which a reason phrase is limited to. */
export const reasonOf = ({ code, detail }: Pick<Problem, "code" | "detail">, hint: string): string =>
  `${PROBLEMS[code].title}: ${detail}`
    .replace(/[^\x20-\x7e]+/g, " ")
    .slice(0, LONGEST - hint.length)
    .trim() + hint;
