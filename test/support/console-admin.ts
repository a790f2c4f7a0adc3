import { expect } from "vitest";
import type { Scope } from "../../src/platform/config/scopes.ts";
import { makeToken } from "./admin-request.ts";
import { csrfTokenIn, TestBrowser } from "./cookie-browser.ts";

/** Opens a browser that is signed in to the console with a token of these scopes. */
export async function signedIn(scopes: Scope[] = ["owner"], bindings?: Env): Promise<TestBrowser> {
  const { token } = await makeToken(scopes);
  const browser = new TestBrowser(bindings ? { bindings } : {});
  const response = await browser.post("/admin/sign-in", { form: { token } });
  expect(response.status).toBe(303);
  return browser;
}

/** Returns the text of a page. Its status must be 200. */
export async function read(browser: TestBrowser, path: string): Promise<string> {
  const response = await browser.get(path);
  expect([path, response.status]).toEqual([path, 200]);
  return response.text();
}

/** Sends a form of the page at `path` with its CSRF token. */
export async function send(browser: TestBrowser, path: string, form: Record<string, string>): Promise<Response> {
  return browser.post(path, { form: { csrf_token: csrfTokenIn(await read(browser, path)), ...form } });
}

/** The hidden fields of the last form in a page: the fields that a preview's button sends. */
export function hiddenFields(html: string): Record<string, string> {
  const main = html.slice(html.indexOf("<main"));
  const fields = [...main.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  return Object.fromEntries(fields.map(([, name = "", value = ""]) => [name, unescaped(value)]));
}

const unescaped = (html: string): string =>
  html
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

/** Sends the form of an act, then its preview's button. Returns the preview's text and the last answer. */
export async function act(
  browser: TestBrowser,
  path: string,
  form: Record<string, string>,
): Promise<{ preview: string; response: Response }> {
  const asked = await send(browser, path, form);
  const preview = await asked.text();
  expect([path, asked.status, preview.includes("What will happen")]).toEqual([path, 200, true]);
  return { preview, response: await browser.post(path, { form: hiddenFields(preview) }) };
}
