import type { Browser, Page } from "playwright-core";
import { openWindow, type Window } from "../../test/end-to-end/browser.ts";
import type { SampleCatalog } from "./sample-catalog.ts";

/** The visitor of a page. `openWindows` signs each one in. */
export type Visitor = "anybody" | "buyer" | "owner" | "key holder" | "admin" | "support";

/** A page in one state. Every test of pages visits it, and it has a picture. */
export type PageView = {
  /** The name of its picture's file. */
  name: string;
  /** The caption in the gallery. */
  caption: string;
  as: Visitor;
  /** The path from the catalog's root. */
  path: (catalog: SampleCatalog) => string;
  /** The visitor's actions on the page that lead to this state. They can be repeated. */
  act?: (page: Page) => Promise<void>;
  /** Whether it also has a picture in dark mode. */
  dark?: boolean;
  /** For a page with hundreds of similar sections: selectors of the sections to test. */
  parts?: readonly string[];
};

/** Opens the page of a view. */
export async function openView(page: Page, view: PageView, catalog: SampleCatalog): Promise<void> {
  await page.goto(catalog.url + view.path(catalog));
  await view.act?.(page);
}

/** Opens a signed-in window for each visitor. Call it once, because the owner's sign-in link works once. */
export async function openWindows(browser: Browser, catalog: SampleCatalog): Promise<Record<Visitor, Window>> {
  const open = (): Promise<Window> => openWindow(browser, catalog.url);
  const signedIn = async (path: string, label: string, secret: string): Promise<Window> => {
    const window = await open();
    await window.page.goto(catalog.url + path);
    await window.page.getByLabel(label).fill(secret);
    await window.page.getByRole("button", { name: "Sign in" }).click();
    await window.page.waitForURL(({ pathname }) => !pathname.endsWith("/sign-in"));
    return window;
  };
  const { tokens, licenses } = catalog;
  const buyer = await open();
  const [name = "", value = ""] = licenses.purchases.complete.cookie.split("=", 2);
  // A secure cookie needs an https URL here. Browsers send it to http://localhost too.
  await buyer.context.addCookies([{ name, value, url: catalog.url.replace("http:", "https:") }]);
  const owner = await open();
  await owner.page.goto(catalog.url + catalog.links.used);
  await owner.page.getByRole("button", { name: "Sign in" }).click();
  await owner.page.getByRole("heading", { name: "Your licenses" }).waitFor();
  return {
    anybody: await open(),
    buyer,
    owner,
    "key holder": await signedIn("/account/sign-in", "License key", licenses.lifetime.key),
    admin: await signedIn("/admin/sign-in", "Admin token", tokens.owner),
    support: await signedIn("/admin/sign-in", "Admin token", tokens.support),
  };
}
