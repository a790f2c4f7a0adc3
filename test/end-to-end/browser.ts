import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** The Chromium on the PATH, or null: nothing is downloaded. */
export function findChromium(): string | null {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts Chromium without a window and without network traffic of its own. */
export const launchChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

/** How long a page is waited for. Playwright's 30 seconds are too few for a machine that is ten times slower. */
const WAIT_MS = 300_000;

/**
 * A visitor's window, with the faults on pages of `origin`: exceptions and console errors, such as CSP violations. The
 * status of an error page is no fault.
 */
export type Window = { context: BrowserContext; page: Page; faults: string[] };

/** Opens a window of a profile of its own. */
export async function openWindow(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Window> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const faults: string[] = [];
  const isOurs = (url: string): boolean => url === "" || url.startsWith(`${origin}/`);
  page.on("console", (message) => {
    const { url } = message.location();
    const isRefusal = url === page.url() && message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && isOurs(url) && !isRefusal) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  return { context, page, faults };
}
