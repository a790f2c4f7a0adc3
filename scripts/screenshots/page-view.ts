import type { Page } from "playwright-core";
import type { SampleCatalog } from "./sample-catalog.ts";

/** As whom a page is looked at (`visitors.ts` signs them in). */
export type Visitor = "anybody" | "buyer" | "owner" | "key holder" | "admin" | "support";

/** A page in one state, which every check of pages looks at and which has a picture. */
export type PageView = {
  /** Of its picture's file. */
  name: string;
  /** What the gallery says of it. */
  caption: string;
  as: Visitor;
  /** From the catalog's root. */
  path: (catalog: SampleCatalog) => string;
  /** What the visitor does on that page to get to this one; may be done again and again. */
  act?: (page: Page) => Promise<void>;
  /** Whether it has a picture in the dark as well. */
  dark?: boolean;
  /** Of a page of hundreds of sections that are made alike: selectors of those that are checked for all of them. */
  parts?: readonly string[];
};

/** Goes to a view's page. */
export async function openView(page: Page, view: PageView, catalog: SampleCatalog): Promise<void> {
  await page.goto(catalog.url + view.path(catalog));
  await view.act?.(page);
}
