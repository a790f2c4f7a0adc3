import type { Child } from "hono/jsx";
import { Document } from "./document.tsx";
import { SiteHeader } from "./header.tsx";

/** Metadata of a public page for search engines and link previews. */
export type PublicPage = {
  description: string;
  /** The canonical URL, without query. */
  url: string;
  /** JSON-LD (schema.org) about this page. */
  data?: object;
};

export type Page = {
  /** The title of the window, without the name of the site. The heading is part of `main`. */
  title: string;
  main: Child;
  /** Default: the site's header with no link marked as current. */
  header?: Child;
  /** Default: the footer of the public site. */
  footer?: Child;
  /** Makes `main` as wide as tables and cards need; the default is the width of readable text. */
  wide?: boolean;
  /** Without it, search engines are asked not to index the page. */
  publicPage?: PublicPage;
  /** Paths of style sheets of our own that only this page needs, after the one of all pages. */
  styles?: readonly string[];
  /** Default 200. */
  status?: number;
  /** For a page that waits for something: its script looks again every so many seconds. */
  lookAgainAfter?: number;
  /** Other origins that its forms may lead to, redirects included. */
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
 * Renders a page as a response. It works without script, from 320 pixels up, by keyboard, in light and dark.
 * The policy allows nothing inline and nothing from another origin, so an unescaped value could do no harm. The page
 * is never stored, because it may show personal data. The referrer stays within our origin: without any referrer,
 * browsers would send `Origin: null` with forms (Fetch Standard, "append a request Origin header"), and forms are
 * checked by their origin.
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
