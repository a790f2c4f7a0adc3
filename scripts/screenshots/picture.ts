import type { Page } from "playwright-core";

/** The WebP quality, of 100. Small text must stay readable. */
const QUALITY = 22;

/** The maximum height of a picture, in CSS pixels. Longer pages only repeat themselves below it. */
const TALLEST = 1800;

/** The date on every picture. */
const DAY = "2026-11-21";

/**
 * Replaces dates by the date above, and random ids by numbers of the same length. A picture then changes only if its
 * page does. Different ids stay different.
 */
export const settle = (page: Page): Promise<void> =>
  page.evaluate((day) => {
    const DAY_MS = 86_400_000;
    const shift = Math.floor(Date.parse(day) / DAY_MS) - Math.floor(Date.now() / DAY_MS);
    const long = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });
    const short = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
    const shifted = (text: string): string => {
      const isLong = /\d{4}$/.test(text);
      const at = Date.parse(isLong ? `${text} UTC` : `${text} ${new Date().getUTCFullYear()} UTC`);
      return (isLong ? long : short).format(at + shift * DAY_MS);
    };
    const known = new Map<string, string>();
    const numbered = (text: string, prefix: string): string => {
      const same = known.get(text) ?? prefix + String(known.size + 1).padStart(text.length - prefix.length, "0");
      known.set(text, same);
      return same;
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      node.textContent = (node.textContent ?? "")
        .replaceAll(/\b\d{1,2} [A-Z][a-z]{2,8} 20\d\d\b|\b\d{1,2} [A-Z][a-z]{2}\b(?! 20)/g, shifted)
        .replaceAll(/\b\d\d:\d\d(?= UTC)/g, "12:00")
        .replaceAll(/\b\d+(?= ms\b)/g, "9")
        .replaceAll(
          /\b(rbee_lic_|rbee_adm_|(?:lic|mach|rel|adm|rec|evt|cus|sub|in|pi|ch|cs_test)_)[\w-]{8,}/g,
          numbered,
        )
        .replaceAll(/(?<=…)\w{4,6}\b/g, "0000")
        .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (text) => numbered(text, ""))
        .replaceAll(/(?<=http:\/\/localhost:)\d+/g, "8787");
    }
  }, DAY);

/** Takes a WebP picture of the page, scaled by `scale`. */
export async function takePicture(page: Page, scale: number): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  try {
    const { cssContentSize } = await session.send("Page.getLayoutMetrics");
    const { data } = await session.send("Page.captureScreenshot", {
      format: "webp",
      quality: QUALITY,
      captureBeyondViewport: true,
      clip: { x: 0, y: 0, width: cssContentSize.width, height: Math.min(cssContentSize.height, TALLEST), scale },
    });
    return Buffer.from(data, "base64");
  } finally {
    await session.detach();
  }
}
