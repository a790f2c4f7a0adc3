import { html } from "hono/html";

/** HTML whose every inserted value has been escaped: what hono's `html` makes. */
export type Html = ReturnType<typeof html>;

/** Where the one style sheet of the pages is. */
export const PAGE_STYLE_PATH = "/page/style.css";

export type Page = {
  /** Of the window; the heading is part of `body`. */
  title: string;
  /** Made by `html`. */
  body: Html;
  /** Default 200. */
  status?: number;
  /** Seconds after which the browser loads the page again, for one that waits for something. */
  refreshAfter?: number;
  /** Paths on this origin of the scripts that the page may run; none unless it names them. */
  scripts?: string[];
  /** Origins beside our own that its forms may lead to, redirects included. */
  formTargets?: string[];
  headers?: Record<string, string>;
};

const policyOf = ({ scripts = [], formTargets = [] }: Page): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    ...(scripts.length > 0 ? ["script-src 'self'"] : []),
    ["form-action 'self'", ...formTargets].join(" "),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

/**
 * A page for a customer: works without script, from 320 pixels up, by keyboard, light and dark. Nothing inline and nothing
 * from another origin may load, so that a value that were not escaped could do no harm. It is never stored, because what it
 * shows is somebody's own, and leads to no other place with its address.
 */
export async function page(content: Page): Promise<Response> {
  const { title, body, status = 200, refreshAfter, scripts = [], headers = {} } = content;
  const document = html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex">
  ${refreshAfter === undefined ? "" : html`<meta http-equiv="refresh" content="${refreshAfter}">`}
  <title>${title} · rbee</title>
  <link rel="stylesheet" href="${PAGE_STYLE_PATH}">
  ${scripts.map((path) => html`<script src="${path}" defer></script>`)}
</head>
<body>
<main>
  <p class="brand">rbee</p>
  ${body}
</main>
</body>
</html>`;
  return new Response(String(await document), {
    status,
    headers: {
      ...headers,
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": policyOf(content),
      "Cache-Control": "no-store",
      "Referrer-Policy": "no-referrer",
    },
  });
}
