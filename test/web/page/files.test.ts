import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ICON_NAMES } from "../../../src/web/page/icons.ts";

const ask = (path: string): Promise<Response> => exports.default.fetch(`https://catalog.test${path}`);

const bytesOf = async (path: string): Promise<DataView> => new DataView(await (await ask(path)).arrayBuffer());

/** The first bytes of a PNG (PNG Specification, 5.2), and the place of its width. */
const PNG = 0x89504e47;
const WIDTH_AT = 16;

describe("the files of the pages", () => {
  it("the favicon is an ICO with pictures of 16, 32 and 48 pixels", async () => {
    const response = await ask("/favicon.ico");
    expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "image/x-icon"]);
    const icon = new DataView(await response.arrayBuffer());
    const count = icon.getUint16(4, true);
    const entries = Array.from({ length: count }, (_, index) => 6 + 16 * index);
    expect(entries.map((at) => icon.getUint8(at))).toEqual([16, 32, 48]);
    for (const at of entries) expect(icon.getUint32(icon.getUint32(at + 12, true))).toBe(PNG);
  });

  it.each([
    ["/page/card.png", 1200, 630],
    ["/apple-touch-icon.png", 180, 180],
  ])("%s is a PNG of %i by %i pixels", async (path, width, height) => {
    const picture = await bytesOf(path);
    expect(picture.getUint32(0)).toBe(PNG);
    expect([picture.getUint32(WIDTH_AT), picture.getUint32(WIDTH_AT + 4)]).toEqual([width, height]);
    expect(picture.byteLength).toBeLessThan(40_000);
  });

  it("the sprite has each icon once", async () => {
    const sprite = await (await ask("/page/icons.svg")).text();
    expect([...sprite.matchAll(/ id="(\w+)"/g)].map(([, id]) => id)).toEqual(ICON_NAMES);
  });

  it("the style sheet keeps the blanks that selectors need, and no comment", async () => {
    const style = await (await ask("/page/style.css")).text();
    expect(style).toContain("main.wide > :is(p,h1,.lead){");
    expect(style).toContain("@media (min-width: 48rem) and (max-width: 74.99rem){");
    expect(style).not.toContain("/*");
  });
});
