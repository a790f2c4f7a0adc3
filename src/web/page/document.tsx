import type { Child, FC } from "hono/jsx";
import { raw } from "hono/utils/html";
import { ICON_PATH, SCRIPT_PATH, SOCIAL_CARD_PATH, STYLE_PATH, TOUCH_ICON_PATH } from "./assets.ts";
import { SiteFooter } from "./footer.tsx";
import type { Page, PublicPage } from "./page.tsx";
import { siteSeller } from "./seller.ts";

type Props = Omit<Page, "status" | "headers"> & { header: Child };

/** The whole HTML document: head, header, `main` and footer. */
export const Document: FC<Props> = ({
  title,
  main,
  header,
  footer = <SiteFooter seller={siteSeller()} />,
  wide = false,
  publicPage,
  styles = [],
  lookAgainAfter,
}) => (
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
      <meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)" />
      <meta name="theme-color" content="#1b1d21" media="(prefers-color-scheme: dark)" />
      <link rel="icon" href={ICON_PATH} type="image/svg+xml" />
      <link rel="apple-touch-icon" href={TOUCH_ICON_PATH} />
      <link rel="stylesheet" href={STYLE_PATH} />
      {styles.map((path) => (
        <link rel="stylesheet" href={path} />
      ))}
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
      {footer}
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
    <meta property="og:image" content={new URL(SOCIAL_CARD_PATH, url).href} />
    <meta property="og:image:width" content="1200" />
    <meta property="og:image:height" content="630" />
    <meta property="og:image:alt" content="rbee workers: inference engines for rbee hives" />
    <meta name="twitter:card" content="summary_large_image" />
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
