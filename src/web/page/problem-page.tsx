import type { FC } from "hono/jsx";
import { BEARER_CHALLENGE, CHALLENGES, PROBLEMS, type Refusal, waitHeaders } from "../../platform/http/problem.ts";
import { ButtonLink } from "./blocks.tsx";
import { ConsoleFooter } from "./footer.tsx";
import { Field } from "./form.tsx";
import { SiteHeader } from "./header.tsx";
import { page } from "./page.tsx";

/**
 * A refusal as a page, with the status of `problemResponse` and ways on. A 401 carries a challenge (RFC 9110, section
 * 15.5.2): on the site, the browser then asks for machine and key (Basic). The console takes no Basic.
 */
export function problemPage(request: Request, refusal: Refusal, requestId: string): Promise<Response> {
  const { code, detail, headers = {} } = refusal;
  const { status, title } = PROBLEMS[code];
  const { pathname } = new URL(request.url);
  const inConsole = /^\/admin(\/|$)/.test(pathname);
  const ways = inConsole ? <ConsoleWay /> : <SiteWays searches={status === 404} />;
  return page({
    title: code === "NOT_FOUND" ? "Page not found" : title,
    status,
    // The visitor may not be signed in to the console, so its parts are not linked.
    ...(inConsole && {
      header: <SiteHeader brand={{ href: "/admin", text: "rbee console" }} links={[]} />,
      footer: <ConsoleFooter />,
    }),
    headers: {
      ...headers,
      ...waitHeaders(refusal),
      ...(status === 401 && { "WWW-Authenticate": inConsole ? BEARER_CHALLENGE : CHALLENGES }),
    },
    main: (
      <>
        <p class="quiet">Error {status}</p>
        <h1>{code === "NOT_FOUND" ? `We couldn't find ${shortened(pathname)}` : title}</h1>
        <p class="lead">{code === "NOT_FOUND" ? "The link may be old, or mistyped." : detail}</p>
        {ways}
        <p class="quiet small">
          Request <code>{requestId}</code>. Name it if you ask us for help.
        </p>
      </>
    ),
  });
}

/** The most of an address that a heading repeats. */
const LONGEST = 60;

/** A path as a person reads it, and cut if it is long. */
function shortened(pathname: string): string {
  const path = readable(pathname);
  return path.length > LONGEST ? `${path.slice(0, LONGEST)}…` : path;
}

/** The path without percent-encoding, or as it is if that is broken. */
function readable(pathname: string): string {
  try {
    return decodeURI(pathname);
  } catch {
    return pathname;
  }
}

const ConsoleWay: FC = () => (
  <p>
    <ButtonLink href="/admin">Back to the console</ButtonLink>
  </p>
);

/** The ways on from a refusal on the site. `searches`: with a search for workers, because something was not found. */
const SiteWays: FC<{ searches: boolean }> = ({ searches }) => (
  <>
    {searches ? (
      <form method="get" action="/" class="row ends">
        <Field name="q" type="search" label="Search the workers" />
        <button type="submit">Search</button>
      </form>
    ) : null}
    <ul>
      <li>
        <a href="/">All workers</a>
      </li>
      <li>
        <a href="/account">Your account</a>: licenses, machines, keys and invoices
      </li>
      <li>
        <a href="/guides">Guides</a> and the <a href="/docs">API reference</a>
      </li>
    </ul>
  </>
);
