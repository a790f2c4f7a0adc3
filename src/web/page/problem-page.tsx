import { BEARER_CHALLENGE, CHALLENGES, PROBLEMS, type Refusal, waitHeaders } from "../../platform/http/problem.ts";
import { SiteHeader } from "./document.tsx";
import { page } from "./page.tsx";

/**
 * Whether a refusal of this request is for a person's eyes: browsers ask for HTML when they go somewhere. What programs are
 * promised answers as it always does.
 */
export const isForPeople = (request: Request): boolean =>
  (request.headers.get("Accept")?.includes("text/html") ?? false) &&
  !/^\/(v1|workers|\.well-known)(\/|$)/.test(new URL(request.url).pathname);

/**
 * A refusal as a page, with the status that `problemResponse` would give it, and a way back to where its reader came from. Where
 * it is a 401 (RFC 9110, section 15.5.2), a browser first asks for machine and key, which Basic takes; the console takes none.
 */
export function problemPage(request: Request, refusal: Refusal, requestId: string): Promise<Response> {
  const { code, detail, headers = {} } = refusal;
  const { status, title } = PROBLEMS[code];
  const inConsole = /^\/admin(\/|$)/.test(new URL(request.url).pathname);
  return page({
    title,
    status,
    // Who is refused in the console may not be signed in to it: its parts are not offered.
    header: inConsole ? <SiteHeader brand={{ href: "/admin", text: "rbee console" }} links={[]} /> : undefined,
    headers: {
      ...headers,
      ...waitHeaders(refusal),
      ...(status === 401 && { "WWW-Authenticate": inConsole ? BEARER_CHALLENGE : CHALLENGES }),
    },
    main: (
      <>
        <h1>{title}</h1>
        <p>{detail}</p>
        <p>{inConsole ? <a href="/admin">Back to the console</a> : <a href="/">See all workers</a>}</p>
        <p class="quiet">
          Request <code>{requestId}</code>
        </p>
      </>
    ),
  });
}
