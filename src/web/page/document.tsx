import type { Child, FC } from "hono/jsx";
import { raw } from "hono/utils/html";
import { ICON_PATH, SCRIPT_PATH, STYLE_PATH } from "./assets.ts";
import type { Page, PublicPage } from "./page.tsx";

type Props = Omit<Page, "status" | "headers"> & { header: Child };

/** The whole HTML document: head, header, `main` and footer. */
export const Document: FC<Props> = ({ title, main, header, wide = false, publicPage, lookAgainAfter }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      {lookAgainAfter === undefined ? null : (
        <noscript>
          <meta http-equiv="refresh" content={String(lookAgainAfter)} />
        </noscript>
      )}
      <title>{`${title} · rbee workers`}</title>
      {publicPage ? <PublicHead title={title} {...publicPage} /> : <meta name="robots" content="noindex" />}
      <link rel="icon" href={ICON_PATH} type="image/svg+xml" />
      <link rel="stylesheet" href={STYLE_PATH} />
      <script src={SCRIPT_PATH} defer />
    </head>
    <body>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      {header}
      <main id="main" class={wide ? "wide" : undefined} tabindex={-1}>
        {main}
        {lookAgainAfter === undefined ? null : <LookAgain seconds={lookAgainAfter} />}
      </main>
      <footer>
        <p>
          rbee workers run AI models on your own machines. <a href="/docs">API reference</a> ·{" "}
          <a href="/recover">Lost your license key?</a>
        </p>
      </footer>
    </body>
  </html>
);

const PublicHead: FC<PublicPage & { title: string }> = ({ title, description, url, data }) => (
  <>
    <meta name="description" content={description} />
    <link rel="canonical" href={url} />
    <meta property="og:title" content={title} />
    <meta property="og:description" content={description} />
    <meta property="og:url" content={url} />
    <meta property="og:type" content="website" />
    <meta property="og:site_name" content="rbee workers" />
    {data ? <script type="application/ld+json">{raw(jsonInHtml(data))}</script> : null}
  </>
);

/** JSON for a `<script>`: no text in it can end the element or open a comment (HTML Standard, 4.12.1.3). */
const jsonInHtml = (data: object): string => JSON.stringify(data).replaceAll("<", "\\u003c");

/** The address of the current page (URL Standard: an empty input resolves to its base). */
const THIS_PAGE = "";

/**
 * The end of a page that waits for something: a link to look again, and a script that does so by itself. The page
 * changes only when there is news, because a page that reloaded every few seconds would interrupt a screen reader
 * (WCAG 2.2.1).
 */
const LookAgain: FC<{ seconds: number }> = ({ seconds }) => (
  <p class="row">
    <a class="button secondary" href={THIS_PAGE}>
      Look again
    </a>
    <span class="quiet" data-look-again={String(seconds)} hidden>
      This page looks again by itself every {seconds} seconds.
    </span>
  </p>
);

export type NavigationLink = { href: string; text: string };

const SITE: NavigationLink = { href: "/", text: "rbee workers" };

const SITE_LINKS: readonly NavigationLink[] = [
  { href: "/", text: "Workers" },
  { href: "/plans", text: "Plans" },
  { href: "/install", text: "Install" },
  { href: "/docs", text: "API" },
  { href: "/account", text: "Account" },
];

type HeaderProps = {
  /** The link at the left; default: the name of the site, leading to its start page. */
  brand?: NavigationLink;
  /** Default: the parts of the public site. An empty list leaves the navigation out. */
  links?: readonly NavigationLink[];
  /** The `href` of the link to this page's part of the site. */
  current?: string;
  /** Stands after the links: the name of the signed-in person and a button to sign out. */
  children?: Child;
};

/** The header of a page: the name of the site, links to its parts with the current one marked, and the children. */
export const SiteHeader: FC<HeaderProps> = ({ brand = SITE, links = SITE_LINKS, current, children }) => (
  <header class="site">
    <a class="brand" href={brand.href}>
      {brand.text}
    </a>
    {links.length === 0 ? null : (
      <nav aria-label="Site">
        <ul>
          {links.map(({ href, text }) => (
            <li>
              <a href={href} aria-current={href === current ? "page" : undefined}>
                {text}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    )}
    {children}
  </header>
);
