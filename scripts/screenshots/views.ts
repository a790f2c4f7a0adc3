import { ACCOUNT_VIEWS } from "./account-views.ts";
import { CONSOLE_VIEWS } from "./console-views.ts";
import type { PageView } from "./page-view.ts";
import { PUBLIC_VIEWS } from "./public-views.ts";

/** Every page of the catalog: a new one is added to one of these lists, and is then checked and has its picture. */
export const SECTIONS: readonly { title: string; views: readonly PageView[] }[] = [
  { title: "Storefront and purchase", views: PUBLIC_VIEWS },
  { title: "Account", views: ACCOUNT_VIEWS },
  { title: "Console", views: CONSOLE_VIEWS },
];

export const VIEWS: readonly PageView[] = SECTIONS.flatMap(({ views }) => views);
