import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import base from "simpledotcss/simple.min.css";
import { once } from "../../lib/isolate.ts";
import type { Config } from "../../platform/config/config.ts";
import { problems } from "../../platform/http/problem-schema.ts";
import { type AppEnv, createRouter } from "../../platform/http/router.ts";
import { documentResponse, staticDocument } from "../../platform/http/static-document.ts";
import { ICON, ICON_PATH, SCRIPT, SCRIPT_PATH, STYLE_PATH } from "./assets.ts";
import chart from "./chart/chart.css";
import components from "./components.css";
import palette from "./palette.css";
import style from "./style.css";
import tables from "./tables.css";

const BASE_STYLES = [base, palette, style, components, tables, chart];

const filesOf = (roomStyles: readonly string[]) => [
  {
    path: STYLE_PATH,
    summary: "Style the pages",
    type: "text/css",
    text: [...BASE_STYLES, ...roomStyles].join("\n"),
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

/**
 * The routes of the shared files. `roomStyles` are the style sheets of the rooms; they follow ours, so they can
 * override our rules.
 */
export function pageRoutes(roomStyles: readonly string[]): OpenAPIHono<AppEnv> {
  const router = createRouter();
  for (const { path, summary, type, text, example } of filesOf(roomStyles)) {
    // Made at the first request: an isolate that serves no page never hashes the file.
    const made = once((_config: Config) => staticDocument(text, `${type}; charset=utf-8`));
    const route = createRoute({
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
    });
    router.openapi(route, (c) => documentResponse(c.req.raw, made(c.var.config)));
  }
  return router;
}
