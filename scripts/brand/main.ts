import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { ICON, LOGO_PATHS } from "../../src/web/page/assets.ts";
import { findChromium, launchChromium } from "../../test/end-to-end/browser.ts";
import { PROJECT } from "../development/paths.ts";
import { drawSystem } from "./design-system.ts";
import { icoOf } from "./ico.ts";
import { paletted } from "./png.ts";

const FOLDER = join(PROJECT, "src", "web", "page", "images");

type Picture = { html: string; width: number; height: number; transparent?: boolean };

/** A PNG of a page, with a palette, which takes a third of the bytes. */
async function draw(browser: Browser, { html, width, height, transparent = false }: Picture): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.setContent(html);
  const png = await page.screenshot({ omitBackground: transparent });
  await page.close();
  return paletted(png);
}

const iconPage = (size: number, style = ""): string =>
  `<body style="margin:0;${style}">${ICON.replace("<svg ", `<svg width="${size}" height="${size}" style="display:block" `)}`;

const square = (size: number): Picture => ({ html: iconPage(size), width: size, height: size, transparent: true });

/** iOS rounds the corners itself and shows transparency as black, so the logo stands on a ground. */
const TOUCH: Picture = {
  html: `<body style="margin:0;padding:24px;background:#fff">${iconPage(132)}`,
  width: 180,
  height: 180,
};

const CELLS = [
  [1000, 60],
  [1206, 60],
  [897, 240],
  [1103, 240],
  [1000, 420],
  [1206, 420],
]
  .map(([x, y]) => `<path transform="translate(${x} ${y}) scale(7.6)" d="${LOGO_PATHS.cell}"/>`)
  .join("");

const CARD: Picture = {
  width: 1200,
  height: 630,
  html: `<body style="margin:0;background:#131417;color:#eceae5;font-family:Lato,system-ui,sans-serif">
    <svg width="1200" height="630" style="position:absolute;inset:0"><g fill="#1f1b14" stroke="#4a3613" stroke-width=".25">${CELLS}</g></svg>
    <div style="position:absolute;left:80px;top:90px">${ICON.replace("<svg ", '<svg width="120" height="120" ')}</div>
    <div style="position:absolute;left:80px;top:255px;font-size:84px;font-weight:700;letter-spacing:-3px">rbee workers</div>
    <div style="position:absolute;left:80px;top:375px;width:720px;font-size:36px;line-height:1.45;color:#a5a8b1">
      Inference engines for your own machines: signed, and installed in one line.</div>
    <div style="position:absolute;left:80px;top:530px;width:120px;height:8px;border-radius:4px;background:#f7ab2b"></div>`,
};

/** `npm run brand`: draws the icons and the card of links again, from the logo, and the picture of docs/design.md. */
async function drawAll(chromium: string): Promise<void> {
  const browser = await launchChromium(chromium);
  try {
    await mkdir(FOLDER, { recursive: true });
    const sizes = await Promise.all(
      [16, 32, 48].map(async (size) => ({ size, png: await draw(browser, square(size)) })),
    );
    await writeFile(join(FOLDER, "favicon.ico"), icoOf(sizes));
    await writeFile(join(FOLDER, "apple-touch-icon.png"), await draw(browser, TOUCH));
    await writeFile(join(FOLDER, "card.png"), await draw(browser, CARD));
    await writeFile(join(PROJECT, "docs", "design.webp"), await drawSystem(browser));
  } finally {
    await browser.close();
  }
}

const chromium = findChromium();
if (chromium === null) {
  console.error("Chromium is not on the PATH. Install it; on Debian: apt-get install chromium");
  process.exitCode = 1;
} else await drawAll(chromium);
