import type { Context } from "hono";
import { allows, type NeededScope } from "../../platform/config/scopes.ts";
import { createRouter, jsonBodyLimit, type OpenAPIHono, z } from "../../platform/http/route.ts";
import { type ConsoleEnv, requireConsole } from "../../platform/identity/session/console.ts";
import { sessionForm } from "../../platform/identity/session/form.ts";
import { type FC, FORM_REFUSALS, type Page, type PageDocs, PostForm, page, pageDocs, SiteHeader } from "../page/kit.ts";

/** The parts of the console, each with the scope that opens it. An admin sees links only to the parts they may open. */
const PARTS = [
  { href: "/admin", text: "Dashboard", scope: "stats:read" },
  { href: "/admin/licenses", text: "Licenses", scope: "licenses:read" },
  { href: "/admin/releases", text: "Releases", scope: "releases:read" },
  { href: "/admin/audit", text: "Audit", scope: "audit:read" },
  { href: "/admin/tokens", text: "Tokens", scope: "tokens:read" },
  { href: "/admin/system", text: "System", scope: "stats:read" },
] as const satisfies { href: string; text: string; scope: NeededScope }[];

/** The context of a handler behind `requireConsole`. */
export type ConsoleContext = Context<ConsoleEnv>;

/** Whether the signed-in admin holds `scope`, so that an act can be offered. The act itself checks again. */
export const may = (c: ConsoleContext, scope: NeededScope): boolean => allows(c.var.admin.scopes, scope);

/** The first part of the console that the admin may open. */
export const firstPart = (c: ConsoleContext): string =>
  PARTS.find(({ href, scope }) => href !== "/admin" && may(c, scope))?.href ?? "/admin/audit";

/**
 * A page of the console. The header links to the parts, marks the current one by the path of the request, and has the
 * button to sign out.
 */
export function consolePage(c: ConsoleContext, content: Omit<Page, "header">): Promise<Response> {
  const links = PARTS.filter(({ scope }) => may(c, scope));
  const current = PARTS.find(({ href }) => href !== "/admin" && c.req.path.startsWith(href))?.href ?? "/admin";
  const header = (
    <SiteHeader brand={{ href: "/admin", text: "rbee console" }} links={links} current={current}>
      <SignedIn c={c} />
    </SiteHeader>
  );
  return page({ wide: true, ...content, header });
}

const SignedIn: FC<{ c: ConsoleContext }> = ({ c }) => (
  <details class="who">
    <summary>{c.var.admin.name}</summary>
    <div>
      <p class="quiet">May do: {c.var.admin.scopes.join(", ")}</p>
      <PostForm action="/admin/sign-out" csrf={c.var.session.csrfToken} class="row">
        <button type="submit">Sign out</button>
        <button type="submit" name="everywhere" value="yes" class="secondary">
          Sign out everywhere
        </button>
      </PostForm>
    </div>
  </details>
);

/** A router for pages of the console. */
export const consoleRouter = (): OpenAPIHono<ConsoleEnv> => createRouter<ConsoleEnv>();

/** Access and documentation of a page that only shows something, for admins with `scope` (null: every admin). */
export const consoleView = (scope: NeededScope | null, docs: PageDocs) => ({
  middleware: [requireConsole(scope)],
  ...pageDocs({ ...docs, refusals: ["INSUFFICIENT_SCOPE", ...(docs.refusals ?? [])] }),
});

/**
 * The same for a page that takes a form. Access is checked first, so a stranger learns nothing about faults of the
 * form.
 */
export const consoleForm = (scope: NeededScope | null, docs: PageDocs) => ({
  middleware: [requireConsole(scope), jsonBodyLimit, sessionForm],
  ...pageDocs({ ...docs, refusals: ["INSUFFICIENT_SCOPE", ...FORM_REFUSALS, ...(docs.refusals ?? [])] }),
});

/** The `request.body` of a form like `example`. It accepts any text, because the page itself reports faults. */
export const formBody = (example: Record<string, string>) => ({
  body: {
    content: {
      "application/x-www-form-urlencoded": {
        schema: z.record(z.string(), z.unknown()).openapi({ example }),
      },
    },
  },
});
