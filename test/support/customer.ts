import { expect } from "vitest";
import { csrfTokenIn, TestBrowser } from "./cookie-browser.ts";
import type { Postbox } from "./postbox.ts";

/** Opens a customer's browser, signed in with a license key. */
export async function signedInByKey(key: string, bindings?: Env): Promise<TestBrowser> {
  const browser = new TestBrowser(bindings === undefined ? {} : { bindings });
  const response = await browser.post("/account/sign-in", { form: { key } });
  expect([response.status, response.headers.get("Location")]).toEqual([303, "/account"]);
  return browser;
}

/** Returns the path of a mailed link: of the last letter, unless `letter` is the index of another. */
export const mailedPath = (postbox: Postbox, letter = -1): string =>
  postbox.letters.at(letter)?.text.match(/https:\/\/catalog\.test(\/recover\/[\w-]+)/)?.[1] ?? "no link was mailed";

/** Opens a customer's browser, signed in with a link that was mailed to `email`. */
export async function signedInByMail(email: string, postbox: Postbox): Promise<TestBrowser> {
  const browser = new TestBrowser({ bindings: postbox.env });
  expect((await browser.post("/account/sign-in/link", { form: { email } })).status).toBe(202);
  const response = await browser.post(mailedPath(postbox));
  expect([response.status, response.headers.get("Location")]).toEqual([303, "/account"]);
  return browser;
}

/** Returns the page at `path`. Its status must be 200. */
export async function pageAt(browser: TestBrowser, path = "/account"): Promise<string> {
  const response = await browser.get(path);
  expect(response.status).toBe(200);
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  return response.text();
}

/** Sends a form of the account, as from a page that is open. */
export async function send(
  browser: TestBrowser,
  path: string,
  form: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  return browser.post(path, { form: { csrf_token: csrfTokenIn(await pageAt(browser)), ...form }, headers });
}
