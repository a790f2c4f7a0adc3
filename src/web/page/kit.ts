/** The door of this room for page files, but for the charts (src/web/page/chart/kit.ts). */
export type { Child, FC } from "hono/jsx";
export { STYLE_PATH } from "./assets.ts";
export { ButtonLink, Card, CardGrid, Disclosure, Meter, Section, Split, Stat, Steps, Tag } from "./blocks.tsx";
export { ConsoleFooter } from "./footer.tsx";
export { CheckField, Field, FilterForm, FilterSelect, PostForm, SelectField, TextField } from "./form.tsx";
export * from "./format.tsx";
export { type NavigationLink, SiteHeader } from "./header.tsx";
export { Icon, IconTile, Logo } from "./icon.tsx";
export type { IconName } from "./icons.ts";
export { type Page, type PublicPage, page } from "./page.tsx";
export { formBody, type PageDocs, type PageRequest, type PageRoute, pageRoute } from "./page-docs.ts";
export { styleSheet } from "./style-sheet.ts";
export { type Column, DataTable, Facts, Pager, pathWithQuery } from "./table.tsx";
export { CopyBlock, Notice, Prose, ProseLine, StatusBadge, type Tone } from "./text.tsx";
