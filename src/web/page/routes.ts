import base from "simpledotcss/simple.min.css";
import { type AppEnv, combine, documentRoute, type OpenAPIHono } from "../../platform/http/route.ts";
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

/** The routes of the shared files. `roomStyles`: the rooms' style sheets, which follow ours and may override it. */
export const pageRoutes = (roomStyles: readonly string[]): OpenAPIHono<AppEnv> =>
  combine(
    ...filesOf(roomStyles).map(({ path, text, ...docs }) =>
      documentRoute(path, { tag: "Pages", content: "The file.", ...docs }, () => text),
    ),
  );
