import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { ICON } from "../../src/web/page/assets.ts";
import { ICON_NAMES, SPRITE } from "../../src/web/page/icons.ts";
import { PROJECT } from "../development/paths.ts";
import { takePicture } from "../screenshots/picture.ts";

const PAGE = join(PROJECT, "src", "web", "page");
const SHEETS = ["palette", "style", "frame", "layout", "components", "forms"];

const icon = (name: string): string => `<svg class="icon"><use href="#${name}"/></svg>`;

const COLORS = ["ground", "raised", "sunken", "line", "quiet", "ink", "brand-soft", "brand", "accent"];
const STATES = ["good", "careful", "bad", "plain"];

const swatches = COLORS.map((name) => `<span class="swatch-of"><i class="c-${name}"></i>${name}</span>`).join("");

/** The parts of the system, with the markup of the components in src/web/page. */
const BOARD = `
  <p class="brand">${ICON.replace("<svg ", '<svg class="logo" ')}rbee workers</p>
  <h1>Heading one</h1>
  <p class="lead">A lead says what a page is. Then comes the next step.</p>
  <p class="row"><span class="button">Primary</span><span class="button secondary">Secondary</span>
    <span class="button danger">Danger</span><a href="#">A link</a></p>
  <p class="row">${STATES.map((tone) => `<span class="badge ${tone}">${tone}</span>`).join("")}<span class="tag">tag</span></p>
  <div class="swatches">${swatches}</div>
  <div class="grid-2">
    <article class="card"><div class="card-head"><span class="tile">${icon("cuda")}</span><h3><a href="#">Card</a></h3>
      <span class="badge good">Free</span></div><p>The whole card is one link.</p></article>
    <div class="stat"><p class="label">Stat</p><p class="value">$1,240</p><p class="hint">this month</p></div>
  </div>
  <div class="meter"><p><span>Machines</span><strong>3 of 5</strong></p>
    <svg viewBox="0 0 100 1" preserveAspectRatio="none"><rect width="60" height="1"/></svg></div>
  <div class="box careful"><p><strong>Notice.</strong> What happened, and what to do.</p></div>
  <div class="field"><label>Field</label><p class="hint">A sentence of help.</p><input value="ada@example.com"></div>
  <ol class="steps"><li><h3>Install</h3><div class="copy"><pre><code>curl -fsSL .../install.sh | sh</code></pre></div></li>
    <li><h3>Paste the key</h3></li></ol>
  <p class="row icons">${ICON_NAMES.map(icon).join("")}</p>`;

const STYLE = `
  body { display: grid; grid-template-columns: 1fr 1fr; min-height: 0; }
  .half { padding: 40px; background: var(--ground); color: var(--ink); }
  .light { color-scheme: light; } .dark { color-scheme: dark; }
  .swatches { display: grid; grid-template-columns: repeat(9, 1fr); gap: 8px; margin: 24px 0; }
  .swatch-of { font-size: 11px; color: var(--quiet); }
  .swatch-of i { display: block; height: 40px; border: 1px solid var(--line); border-radius: 8px; }
  ${COLORS.map((name) => `.c-${name} { background: var(--${name}); }`).join(" ")}
  .icons { gap: 16px; font-size: 20px; color: var(--quiet); }
  .steps { margin-bottom: 0; }`;

/** A picture of the design system, light beside dark, as WebP. */
export async function drawSystem(browser: Browser): Promise<Buffer> {
  const sheets = await Promise.all(SHEETS.map((name) => readFile(join(PAGE, `${name}.css`), "utf8")));
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.setContent(`<!doctype html><html lang="en"><style>${sheets.join("")}${STYLE}</style>
    <body><div hidden>${SPRITE}</div><div class="half light">${BOARD}</div><div class="half dark">${BOARD}</div>`);
  const picture = await takePicture(page, 1);
  await page.close();
  return picture;
}
