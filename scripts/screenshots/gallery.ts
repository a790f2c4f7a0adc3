import type { PageView } from "./page-view.ts";
import { SECTIONS } from "./views.ts";

/** The three ways in which a page is pictured. */
export const SHOTS = {
  desktop: { viewport: { width: 1280, height: 800 }, colorScheme: "light", scale: 0.75 },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: "light", scale: 0.8 },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: "dark", scale: 0.75 },
} as const;
export type Shot = keyof typeof SHOTS;

/** Which pictures a page has. */
export const shotsOf = ({ dark = false }: PageView): Shot[] => [
  "desktop",
  "phone",
  ...(dark ? (["dark"] as const) : []),
];

export const pictureName = ({ name }: PageView, shot: Shot): string => `${name}.${shot}.webp`;

const WIDTHS: Readonly<Record<Shot, number>> = { desktop: 560, phone: 200, dark: 560 };

const figure = (view: PageView): string => {
  const pictures = shotsOf(view).map((shot) => {
    const file = pictureName(view, shot);
    return `<a href="${file}"><img src="${file}" width="${WIDTHS[shot]}" alt="${view.caption} (${shot})"></a>`;
  });
  return `### ${view.caption}\n\n${pictures.join("\n")}\n`;
};

/** The text of `docs/screenshots/README.md`. */
export const gallery = (): string =>
  [
    "# Every page",
    "",
    "On a desktop and on a phone, some in the dark. `npm run screenshots` takes them anew, from a catalog that it starts and fills for",
    "the purpose; the pages are listed in `scripts/screenshots/*-views.ts`, and a test walks through the same list.",
    ...SECTIONS.flatMap(({ title, views }) => ["", `## ${title}`, "", views.map(figure).join("\n").trimEnd()]),
    "",
  ].join("\n");
