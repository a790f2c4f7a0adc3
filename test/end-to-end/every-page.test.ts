import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { VIEWS } from "../../scripts/screenshots/gallery.ts";
import { openView, openWindows, type PageView, type Visitor } from "../../scripts/screenshots/page-view.ts";
import { type SampleCatalog, startSampleCatalog } from "../../scripts/screenshots/sample-catalog.ts";
import { findChromium, launchChromium, type Window } from "./browser.ts";

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
/** The narrowest that must do (WCAG 2.2, 1.4.10: 320 CSS pixels). */
const NARROW = { width: 320, height: 640 };

/** The operations of an API description that answer with a page when they succeed. */
const Description = z.object({
  paths: z.record(
    z.string(),
    z.object({
      get: z
        .object({ responses: z.record(z.string(), z.looseObject({ content: z.looseObject({}).optional() })) })
        .optional(),
    }),
  ),
});

const chromium = findChromium();
if (chromium === null)
  console.warn("No Chromium on the PATH: no page is checked for accessibility, errors and overflow.");

describe.skipIf(chromium === null)("every page (needs Chromium)", () => {
  let catalog: SampleCatalog;
  let browser: Browser;
  let windows: Record<Visitor, Window>;

  beforeAll(async () => {
    catalog = await startSampleCatalog();
    browser = await launchChromium(chromium ?? "");
    windows = await openWindows(browser, catalog);
  });
  afterAll(async () => {
    await browser?.close();
    await catalog?.stop();
  });

  /** What axe finds, as `rule: element`. */
  async function findings(page: Page, { parts = [] }: PageView, rules?: string[]): Promise<string[]> {
    const axe = new AxeBuilder({ page }).setLegacyMode();
    for (const part of parts) axe.include(part);
    if (rules) axe.withRules(rules);
    const { violations } = await axe.analyze();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }

  it.each(VIEWS)("$name: accessible in light and dark, without errors, fits 320 pixels", async (view) => {
    const { page, faults } = windows[view.as];
    faults.length = 0;
    await page.setViewportSize(DESKTOP);
    await page.emulateMedia({ colorScheme: "light" });
    await openView(page, view, catalog);
    expect(await findings(page, view)).toEqual([]);
    // What color does to contrast is not another thing at another width, nor what width does to the rest in another color.
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await findings(page, view, ["color-contrast"])).toEqual([]);
    await page.setViewportSize(PHONE);
    expect(await findings(page, view)).toEqual([]);
    await page.setViewportSize(NARROW);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(NARROW.width);
    // Tables of texts have become lists: nothing of them is to be scrolled to.
    const hidden = page
      .locator("section.rows")
      .evaluateAll((tables) =>
        tables.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map(({ ariaLabel }) => ariaLabel),
      );
    expect(await hidden).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("is in the list of those that are checked", async () => {
    const { paths } = Description.parse(await (await fetch(`${catalog.url}/openapi.json`)).json());
    const visited = VIEWS.map((view) => new URL(view.path(catalog), catalog.url).pathname);
    const pages = Object.entries(paths)
      .filter(([, { get }]) => "text/html" in (get?.responses["200"]?.content ?? {}))
      .map(([path]) => path);
    expect(pages.length).toBeGreaterThan(20);
    const isVisited = (path: string): boolean => {
      const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
      return visited.some((one) => pattern.test(one));
    };
    expect(pages.filter((path) => !isVisited(path))).toEqual([]);
  });
});
