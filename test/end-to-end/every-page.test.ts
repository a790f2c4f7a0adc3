import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { VIEWS } from "../../scripts/screenshots/gallery.ts";
import { openView, openWindows, type PageView, type Visitor } from "../../scripts/screenshots/page-view.ts";
import { type SampleCatalog, startSampleCatalog } from "../../scripts/screenshots/sample-catalog.ts";
import { findChromium, launchChromium, type Window } from "./browser.ts";

const DESKTOP = { width: 1280, height: 800 };
/** The narrowest window that must do (WCAG 2.2, 1.4.10: 320 CSS pixels). */
const NARROW = { width: 320, height: 640 };

/** The most bytes of a page with its files, as they are before compression. */
const HEAVIEST = 120 * 1024;

/** axe-core, which goes into each page once. The builder would put it there twice for each of the two checks. */
const AXE = readFileSync(
  createRequire(createRequire(import.meta.url).resolve("@axe-core/playwright")).resolve("axe-core/axe.min.js"),
  "utf8",
);

/** The part of an API description that tells which operations answer with a page. */
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

  /** The bytes of a page, its style sheet, script and pictures. */
  const weightOf = (page: Page): Promise<number> =>
    page.evaluate(() =>
      [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
        .filter((entry) => entry instanceof PerformanceResourceTiming)
        .reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0),
    );

  /** The faults that axe finds, as `rule: element`. It is in the page already: see `AXE`. */
  async function findings(page: Page, { parts = [] }: Pick<PageView, "parts">, rules?: string[]): Promise<string[]> {
    const axe = new AxeBuilder({ page, axeSource: "null" }).setLegacyMode();
    // axe leaves the rule for the size of targets off (WCAG 2.2, 2.5.8). Lighthouse has it on.
    axe.options({ resultTypes: ["violations"], rules: { "target-size": { enabled: true } } });
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
    await page.evaluate(AXE);
    expect(await findings(page, view)).toEqual([]);
    expect(await weightOf(page)).toBeLessThanOrEqual(HEAVIEST);
    // Only contrast depends on colors, and it does not depend on the width: one more run finds the faults of both.
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize(NARROW);
    expect(await findings(page, view)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(NARROW.width);
    // Tables of texts have become lists: no part of them needs scrolling.
    const hidden = page
      .locator("section.rows")
      .evaluateAll((tables) =>
        tables.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map(({ ariaLabel }) => ariaLabel),
      );
    expect(await hidden).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("with a fault is not passed", async () => {
    const { page } = windows.anybody;
    await page.emulateMedia({ colorScheme: "light" });
    await page.goto(catalog.url);
    await page.evaluate(() => {
      const text = document.createElement("p");
      text.append("pale");
      text.style.color = "rgb(221, 221, 221)";
      document.querySelector("main")?.append(document.createElement("img"), text);
    });
    await page.evaluate(AXE);
    expect(await findings(page, {}, ["image-alt", "color-contrast"])).toEqual([
      'color-contrast: <p style="color: rgb(221, 221, 221);">pale</p>',
      "image-alt: <img>",
    ]);
  });

  it("of the API description is in the list of views", async () => {
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
