import type { Child, FC } from "hono/jsx";
import { raw } from "hono/utils/html";
import { LookAgain } from "./look-again.tsx";
import type { Page, PublicPage } from "./page.tsx";
import { ICON_PATH, SCRIPT_PATH, STYLE_PATH } from "./paths.ts";

type Props = Omit<Page, "status" | "headers"> & { header: Child };

/** A whole document: the head, the header, `main` and the footer. */
export const Document: FC<Props> = ({ title, main, header, wide = false, publicPage, lookAgainAfter }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
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

/** JSON that a `<script>` may hold: in it no text can end the element or open a comment (HTML Standard, 4.12.1.3). */
const jsonInHtml = (data: object): string => JSON.stringify(data).replaceAll("<", "\\u003c");
