import type { Context } from "hono";
import { allows, type NeededScope } from "../../platform/config/scopes.ts";
import type { ConsoleEnv } from "../../platform/identity/session/console.ts";
import { type FC, type Page, PostForm, page, SiteHeader } from "../page/kit.ts";

/** The parts of the console, each with the scope that opens it: what somebody may not see is not offered. */
const PARTS = [
  { href: "/admin", text: "Dashboard", scope: "stats:read" },
  { href: "/admin/licenses", text: "Licenses", scope: "licenses:read" },
  { href: "/admin/releases", text: "Releases", scope: "releases:read" },
  { href: "/admin/audit", text: "Audit", scope: "audit:read" },
  { href: "/admin/tokens", text: "Tokens", scope: "tokens:read" },
  { href: "/admin/system", text: "System", scope: "stats:read" },
] as const satisfies { href: string; text: string; scope: NeededScope }[];

/** The address of one of the console's parts. */
export type ConsolePart = (typeof PARTS)[number]["href"];

/** The context of a handler behind `requireConsole`. */
export type ConsoleContext = Context<ConsoleEnv>;

/** Whether the admin who is signed in holds `scope`: whether an act is offered. Whoever carries it out checks again. */
export const may = (c: ConsoleContext, scope: NeededScope): boolean => allows(c.var.admin.scopes, scope);

/** The first part of the console that its admin may see. */
export const firstPart = (c: ConsoleContext): ConsolePart =>
  PARTS.find(({ href, scope }) => href !== "/admin" && may(c, scope))?.href ?? "/admin/audit";

/** A page of the console: its parts as links, who is signed in, and a way out. `part` is the one the page belongs to. */
export function consolePage(c: ConsoleContext, { part, ...content }: Omit<Page, "header"> & { part: ConsolePart }) {
  const links = PARTS.filter(({ scope }) => may(c, scope));
  const header = (
    <SiteHeader brand={{ href: "/admin", text: "rbee console" }} links={links} current={part}>
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
