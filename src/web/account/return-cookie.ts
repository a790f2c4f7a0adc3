import type { Context } from "hono";
import { generateCookie, getCookie } from "hono/cookie";
import { MINUTE } from "../../lib/time.ts";
import type { AppEnv } from "../../platform/http/route.ts";
import { PLACES, returnPath } from "../../platform/identity/session/session.ts";

const NAME = "rbee_return";

/** As long as a mailed link works, in seconds. */
const KEPT = 30 * MINUTE;

const OPTIONS = { prefix: "host", path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;

/**
 * Keeps the path to open after the sign-in in this browser, because the link in the mail does not name it: nobody can
 * make a link of ours lead elsewhere. `answer` gets the cookie, also for an address that has no license.
 */
export function keepReturn(answer: Response, wanted: string): Response {
  if (wanted !== PLACES.account.root) answer.headers.append("Set-Cookie", cookieOf(wanted, KEPT));
  return answer;
}

/** The path that this browser kept, or the account's first page; the answer forgets it. */
export function takeReturn<E extends AppEnv>(c: Context<E>): string {
  const kept = getCookie(c, NAME, "host");
  if (kept !== undefined) c.header("Set-Cookie", cookieOf("", 0), { append: true });
  return returnPath("account", kept);
}

const cookieOf = (path: string, maxAge: number): string => generateCookie(NAME, path, { ...OPTIONS, maxAge });
