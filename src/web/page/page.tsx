import type { Child } from "hono/jsx";
import { Document, SiteHeader } from "./document.tsx";

/** What search engines and link previews may know of a page that is the same for everybody. */
export type PublicPage = {
  description: string;
  /** Its one address, whatever query or name led to it. */
  url: string;
  /** JSON-LD (schema.org), if it says something about this page. */
  data?: object;
};

export type Page = {
  /** Of the window, without the site's name; the heading is part of `main`. */
  title: string;
  main: Child;
  /** Default: the site's own header with nothing marked as current. */
  header?: Child;
  /** As wide as tables and cards need; else as wide as text reads well. */
  wide?: boolean;
  /** Without it, search engines are asked to leave the page out. */
  publicPage?: PublicPage;
  /** Default 200. */
  status?: number;
  /** For a page that waits for something: after how many seconds its script looks again, and again. */
  lookAgainAfter?: number;
  /** Origins beside our own that its forms may lead to, redirects included. */
  formTargets?: readonly string[];
  headers?: Record<string, string>;
};

const policyOf = ({ formTargets = [], lookAgainAfter }: Page): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self'",
    ...(lookAgainAfter === undefined ? [] : ["connect-src 'self'"]),
    ["form-action 'self'", ...formTargets].join(" "),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

/**
 * A page for a person: works without script, from 320 pixels up, by keyboard, light and dark. Nothing inline and nothing
 * from another origin may load, so that a value that were not escaped could do no harm. It is never stored, because what it
 * shows may be somebody's own. Its address leads to no other site; our own see it, since without any referrer browsers
 * would send `Origin: null` with forms (Fetch Standard, "append a request Origin header"), and forms are checked by it.
 */
export async function page(content: Page): Promise<Response> {
  const { status = 200, header = <SiteHeader />, headers = {}, ...rest } = content;
  const document = await (<Document {...rest} header={header} />).toString();
  return new Response(`<!doctype html>${document}`, {
    status,
    headers: {
      ...headers,
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": policyOf(content),
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cache-Control": "no-store",
      "Referrer-Policy": "same-origin",
    },
  });
}
