import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findChromium, launchChromium } from "../../test/end-to-end/browser.ts";
import { PROJECT } from "../development/paths.ts";
import { gallery, pictureName, SHOTS, shotsOf, VIEWS } from "./gallery.ts";
import { openView, openWindows } from "./page-view.ts";
import { settle, takePicture } from "./picture.ts";
import { startSampleCatalog } from "./sample-catalog.ts";

const FOLDER = join(PROJECT, "docs", "screenshots");

/**
 * `npm run screenshots`: writes a picture of every page into `docs/screenshots`, from a sample catalog that it starts.
 */
async function takeAll(chromium: string): Promise<void> {
  const catalog = await startSampleCatalog();
  const browser = await launchChromium(chromium);
  try {
    const windows = await openWindows(browser, catalog);
    await mkdir(FOLDER, { recursive: true });
    for (const file of await readdir(FOLDER)) if (file.endsWith(".webp")) await rm(join(FOLDER, file));
    for (const view of VIEWS) {
      const { page } = windows[view.as];
      await page.setViewportSize(SHOTS.desktop.viewport);
      await openView(page, view, catalog);
      await settle(page);
      for (const shot of shotsOf(view)) {
        const { viewport, colorScheme, scale } = SHOTS[shot];
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        await writeFile(join(FOLDER, pictureName(view, shot)), await takePicture(page, scale));
      }
      await page.emulateMedia({ colorScheme: "light" });
      console.log(view.name);
    }
    await writeFile(join(FOLDER, "README.md"), gallery());
  } finally {
    await browser.close();
    await catalog.stop();
  }
}

const chromium = findChromium();
if (chromium === null) {
  console.error("Chromium is not on the PATH. Install it; on Debian: apt-get install chromium");
  process.exitCode = 1;
} else await takeAll(chromium);
