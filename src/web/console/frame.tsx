import type { RouteConfig } from "@hono/zod-openapi";
import type { Context } from "hono";
import { allows, type NeededScope } from "../../platform/config/scopes.ts";
import { createRouter, jsonBodyLimit, type OpenAPIHono, z } from "../../platform/http/route.ts";
import { type ConsoleEnv, requireConsole, sessionForm } from "../../platform/identity/session/guard.ts";
import { ConsoleFooter, type Page, type PageDocs, PostForm, page, pageRoute, SiteHeader } from "../page/kit.ts";
import { SearchForm } from "./search/form.tsx";

/** The parts of the console, each with the scope that opens it. An admin sees links only to the parts they may open. */
const PARTS = [
  { href: "/admin", text: "Dashboard", scope: "stats:read" },
  { href: "/admin/orders", text: "Orders", scope: "money:read" },
  { href: "/admin/licenses", text: "Licenses", scope: "licenses:read" },
  { href: "/admin/releases", text: "Releases", scope: "releases:read" },
  { href: "/admin/audit", text: "Audit", scope: "audit:read" },
  { href: "/admin/tokens", text: "Tokens", scope: "tokens:read" },
  { href: "/admin/publishers", text: "Publishers", scope: "owner" },
  { href: "/admin/webhooks", text: "Webhooks", scope: "audit:read" },
  { href: "/admin/system", text: "System", scope: "stats:read" },
] as const satisfies { href: string; text: string; scope: NeededScope }[];

/** The context of a handler behind `requireConsole`. */
export type ConsoleContext = Context<ConsoleEnv>;

/** Whether the signed-in admin holds `scope`, so that an act can be offered. The act itself checks again. */
export const may = (c: ConsoleContext, scope: NeededScope): boolean => allows(c.var.admin.scopes, scope);

/** The first part of the console that the admin may open. */
export const firstPart = (c: ConsoleContext): string =>
  PARTS.find(({ href, scope }) => href !== "/admin" && may(c, scope))?.href ?? "/admin/audit";

/** `search`: the text in the search field. */
type ConsoleContent = Omit<Page, "header"> & { search?: string | undefined };

/** A page of the console: the search, links to its parts with the current one marked, and the button to sign out. */
export function consolePage(c: ConsoleContext, { search, ...content }: ConsoleContent): Promise<Response> {
  const links = PARTS.filter(({ scope }) => may(c, scope));
  const current = PARTS.find(({ href }) => href !== "/admin" && c.req.path.startsWith(href))?.href ?? "/admin";
  const header = (
    <SiteHeader brand={{ href: "/admin", text: "rbee console" }} links={links} current={current}>
      <SearchForm csrf={c.var.session.csrfToken} value={search} />
      <details class="who">
        <summary>{c.var.admin.name}</summary>
        <div>
          <p class="quiet">Permissions: {c.var.admin.scopes.join(", ")}</p>
          <PostForm action="/admin/sign-out" csrf={c.var.session.csrfToken} class="row">
            <button type="submit">Sign out</button>
            <button type="submit" name="everywhere" value="yes" class="secondary">
              Sign out everywhere
            </button>
          </PostForm>
        </div>
      </details>
    </SiteHeader>
  );
  return page({ wide: true, footer: <ConsoleFooter />, ...content, header });
}

type None = z.ZodObject<Record<never, never>>;

type Declared<Params, Query> = PageDocs & {
  /** The scope that an admin needs; null: any. */
  scope: NeededScope | null;
  /** The parameters of the path. */
  params?: Params;
  /** The parameters of the query. */
  query?: Query;
  /** Answers that are no page. */
  files?: RouteConfig["responses"];
};

/** The route of a page that only shows something. `answer` gets path and query by name, after the access check. */
export function consoleView<Params extends z.ZodObject = None, Query extends z.ZodObject = None>(
  path: string,
  { scope, params, query, ...docs }: Declared<Params, Query>,
  answer: (c: ConsoleContext, input: z.output<Params> & z.output<Query>) => Response | Promise<Response>,
): OpenAPIHono<ConsoleEnv> {
  const request: { params?: z.ZodObject; query?: z.ZodObject } = { ...(params && { params }), ...(query && { query }) };
  const route = pageRoute("get", path, { ...docs, request, middleware: [requireConsole(scope)] });
  const router = createRouter<ConsoleEnv>();
  router.openapi(route, (c) => {
    const input = { ...params?.parse(c.req.param()), ...query?.parse(c.req.query()) };
    return answer(c, input as z.output<Params> & z.output<Query>);
  });
  return router;
}

/**
 * The route of a form like `example`. It accepts any text, because the page itself reports faults. Access is checked
 * first, so a stranger learns nothing about faults of the form.
 */
export function consoleForm<Params extends z.ZodObject = None, Query extends z.ZodObject = None>(
  path: string,
  { scope, params, query, example, ...docs }: Declared<Params, Query> & { example: Record<string, string> },
  answer: (c: ConsoleContext, input: z.output<Params> & z.output<Query>) => Response | Promise<Response>,
): OpenAPIHono<ConsoleEnv> {
  const named: { params?: z.ZodObject; query?: z.ZodObject } = { ...(params && { params }), ...(query && { query }) };
  const route = pageRoute("post", path, {
    ...docs,
    request: { ...named, ...formOf(example) },
    middleware: [requireConsole(scope), jsonBodyLimit, sessionForm],
  });
  const router = createRouter<ConsoleEnv>();
  router.openapi(route, (c) => {
    const input = { ...params?.parse(c.req.param()), ...query?.parse(c.req.query()) };
    return answer(c, input as z.output<Params> & z.output<Query>);
  });
  return router;
}

/** The `request` of a form like `example` with any text in its fields. */
export const formOf = (example: Record<string, string>) => ({
  body: {
    content: {
      "application/x-www-form-urlencoded": { schema: z.record(z.string(), z.unknown()).openapi({ example }) },
    },
  },
});
