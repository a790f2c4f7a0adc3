import { BEARER_CHALLENGE, CHALLENGES, PROBLEMS, type Refusal, waitHeaders } from "../../platform/http/problem.ts";
import { SiteHeader } from "./document.tsx";
import { page } from "./page.tsx";

/**
 * A refusal as a page, with the status of `problemResponse` and a link back. A 401 carries a challenge (RFC 9110,
 * section 15.5.2): on the site, the browser then asks for machine and key (Basic). The console takes no Basic.
 */
export function problemPage(request: Request, refusal: Refusal, requestId: string): Promise<Response> {
  const { code, detail, headers = {} } = refusal;
  const { status, title } = PROBLEMS[code];
  const inConsole = /^\/admin(\/|$)/.test(new URL(request.url).pathname);
  return page({
    title,
    status,
    // The visitor may not be signed in to the console, so its parts are not linked.
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
