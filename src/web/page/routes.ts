import { createRoute, z } from "@hono/zod-openapi";
import base from "simpledotcss/simple.min.css";
import { problems } from "../../platform/http/problem-schema.ts";
import { createRouter } from "../../platform/http/router.ts";
import { documentResponse, type StaticDocument, staticDocument } from "../../platform/http/static-document.ts";
import consoleStyle from "../console/console.css";
import storefront from "../storefront/storefront.css";
import chart from "./chart.css";
import components from "./components.css";
import { ICON } from "./icon.ts";
import palette from "./palette.css";
import { ICON_PATH, SCRIPT_PATH, STYLE_PATH } from "./paths.ts";
import { SCRIPT } from "./script.ts";
import style from "./style.css";

/** The files that every page shares. Ours come after the base, whose rules they adjust. */
const FILES = [
  {
    path: STYLE_PATH,
    summary: "Style the pages",
    type: "text/css",
    text: [base, palette, style, components, chart, storefront, consoleStyle].join("\n"),
    example: ":root { color-scheme: light dark }",
  },
  {
    path: SCRIPT_PATH,
    summary: "Let the pages copy to the clipboard",
    type: "text/javascript",
    text: SCRIPT,
    example: '"use strict";',
  },
  { path: ICON_PATH, summary: "The icon of the pages", type: "image/svg+xml", text: ICON, example: "<svg/>" },
];

export const pageRoutes = createRouter();

for (const { path, summary, type, text, example } of FILES) {
  // Made at the first request: an isolate that only serves hives need not hash it.
  let made: StaticDocument | undefined;
  pageRoutes.openapi(
    createRoute({
      method: "get",
      path,
      tags: ["Pages"],
      summary,
      security: [],
      responses: {
        200: { description: "The file.", content: { [type]: { schema: z.string().openapi({ example }) } } },
        304: { description: "It has not changed since the `ETag` in `If-None-Match`." },
        ...problems("INTERNAL_ERROR"),
      },
    }),
    (c) => {
      made ??= staticDocument(text, `${type}; charset=utf-8`);
      return documentResponse(c.req.raw, made);
    },
  );
}
