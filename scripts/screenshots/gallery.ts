import { ACCOUNT_VIEWS } from "./account-views.ts";
import { CONSOLE_VIEWS } from "./console-views.ts";
import type { PageView } from "./page-view.ts";
import { PUBLIC_VIEWS } from "./public-views.ts";

/** Every page of the catalog. Add a new page to one of these lists: it is then tested and gets a picture. */
const SECTIONS: readonly { title: string; views: readonly PageView[] }[] = [
  { title: "Storefront and purchase", views: PUBLIC_VIEWS },
  { title: "Account", views: ACCOUNT_VIEWS },
  { title: "Console", views: CONSOLE_VIEWS },
];

export const VIEWS: readonly PageView[] = SECTIONS.flatMap(({ views }) => views);

/** The three kinds of pictures of a page. */
export const SHOTS = {
  desktop: { viewport: { width: 1280, height: 800 }, colorScheme: "light", scale: 0.75 },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: "light", scale: 0.8 },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: "dark", scale: 0.75 },
} as const;
export type Shot = keyof typeof SHOTS;

/** The kinds of pictures that a page has. */
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
    "Each page on a desktop and on a phone, some in dark mode. `npm run screenshots` takes the pictures from a sample catalog that it",
    "starts. `scripts/screenshots/*-views.ts` lists the pages, and a test visits every page of that list.",
    ...SECTIONS.flatMap(({ title, views }) => ["", `## ${title}`, "", views.map(figure).join("\n").trimEnd()]),
    "",
  ].join("\n");
