import { type AppEnv, combine, documentRoute, type OpenAPIHono, z } from "../../platform/http/route.ts";
import * as assets from "./assets.ts";
import chart from "./chart/chart.css";
import components from "./components.css";
import forms from "./forms.css";
import frame from "./frame.css";
import { SPRITE } from "./icons.ts";
import touchIcon from "./images/apple-touch-icon.png";
import socialCard from "./images/card.png";
import favicon from "./images/favicon.ico";
import layout from "./layout.css";
import palette from "./palette.css";
import style from "./style.css";
import { styleSheet } from "./style-sheet.ts";
import tables from "./tables.css";

const BASE_STYLES = [palette, style, frame, layout, components, forms, tables, chart];

type File = Omit<Parameters<typeof documentRoute>[1], "tag" | "content"> & {
  path: string;
  bytes: string | ArrayBuffer;
};

const BYTES = z.string().openapi({ format: "binary", example: "(bytes)" });

const picture = (path: string, summary: string, type: string, bytes: ArrayBuffer): File => ({
  ...{ path, summary, type, bytes },
  example: BYTES,
});

const drawing = (path: string, summary: string, bytes: string): File => ({
  ...{ path, summary, type: "image/svg+xml", bytes },
  example: "<svg/>",
});

const filesOf = (roomStyles: readonly string[]): File[] => [
  {
    path: assets.STYLE_PATH,
    summary: "Style the pages",
    type: "text/css",
    bytes: styleSheet([...BASE_STYLES, ...roomStyles]),
    example: ":root { color-scheme: light dark }",
  },
  {
    path: assets.SCRIPT_PATH,
    summary: "Let the pages copy to the clipboard",
    type: "text/javascript",
    bytes: assets.SCRIPT,
    example: '"use strict";',
  },
  drawing(assets.ICON_PATH, "The icon of the pages", assets.ICON),
  drawing(assets.SPRITE_PATH, "The icons on the pages", SPRITE),
  picture(assets.SOCIAL_CARD_PATH, "The picture of links to the pages", "image/png", socialCard),
  picture(assets.TOUCH_ICON_PATH, "The icon of the pages on a home screen", "image/png", touchIcon),
  picture(assets.FAVICON_PATH, "The icon of the pages, for programs that ask at the root", "image/x-icon", favicon),
];

/** The routes of the shared files. `roomStyles`: the rooms' style sheets, which follow ours and may override it. */
export const pageRoutes = (roomStyles: readonly string[]): OpenAPIHono<AppEnv> =>
  combine(
    ...filesOf(roomStyles).map(({ path, bytes, ...docs }) =>
      documentRoute(path, { tag: "Pages", content: "The file.", ...docs }, () =>
        typeof bytes === "string" ? bytes : new Uint8Array(bytes),
      ),
    ),
  );
