import type { Browser } from "playwright-core";
import { openWindow, type Window } from "../../test/end-to-end/browser.ts";
import type { Visitor } from "./page-view.ts";
import type { SampleCatalog } from "./sample-catalog.ts";

/** Opens a window of each visitor, signed in. The link that the owner signs in with works once. */
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
  // A secure cookie wants an address that is; browsers send it to http://localhost, too.
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
