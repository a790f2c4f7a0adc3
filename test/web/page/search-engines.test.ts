import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { find } from "../../support/html-document.ts";

const ORIGIN = "https://catalog.test";

const ask = (path: string): Promise<Response> =>
  exports.default.fetch(`${ORIGIN}${path}`, { headers: { Accept: "text/html" }, redirect: "manual" });

const PUBLIC = ["/", "/plans", "/install", "/guides", "/w/llm-worker-rbee-cpu", "/w/llm-worker-rbee-premium-cuda"];

/** Texts of links that tell nothing of where they lead, by Lighthouse's audit "link-text". */
const EMPTY_TEXTS = [
  "click here",
  "click this",
  "go",
  "here",
  "information",
  "learn more",
  "more",
  "more info",
  "this",
];

/** The directives that Lighthouse's audit "robots-txt" knows. */
const DIRECTIVE = /^(User-agent|Disallow|Allow|Sitemap|Crawl-delay): \S+$/;

/** The rules of Lighthouse's audits of the document itself. Accessibility is checked by axe in every-page.test.ts. */
describe("a public page for search engines and links", () => {
  it.each(PUBLIC)("%s passes the audits that Lighthouse makes of a document", async (path) => {
    const html = await (await ask(path)).text();
    const one = (selector: string) => find(new Response(html), selector);
    const attribute = async (selector: string, name: string) => (await one(selector))[0]?.attributes[name];
    expect(html.slice(0, 1024)).toMatch(/^<!doctype html>.*<meta charset="utf-8"/s);
    expect(await attribute("html", "lang")).toBe("en");
    expect(await attribute('meta[name="viewport"]', "content")).toContain("width=device-width");
    const [title] = await one("title");
    expect(title?.text.length).toBeLessThanOrEqual(70);
    const description = await attribute('meta[name="description"]', "content");
    expect(description?.length).toBeGreaterThan(40);
    expect(await one('meta[name="robots"]')).toEqual([]);
    expect(await attribute('link[rel="canonical"]', "href")).toBe(ORIGIN + path);
    expect(await one('meta[name="theme-color"]')).toHaveLength(2);
    const links = (await one("a")).filter(({ attributes }) => attributes["aria-hidden"] !== "true");
    for (const { attributes, text } of links) {
      expect(attributes["href"] ?? "").toMatch(/^(\/|#|\?|https?:|mailto:)/);
      expect(EMPTY_TEXTS).not.toContain(text.trim().toLowerCase());
    }
    expect((await one("img:not([alt])")).length).toBe(0);
  });

  it.each(PUBLIC)("%s has a title and a description of its own, and the picture of links", async (path) => {
    const of = async (page: string) => {
      const html = await (await ask(page)).text();
      const content = async (selector: string) => (await find(new Response(html), selector))[0];
      return {
        title: (await content("title"))?.text,
        description: (await content('meta[name="description"]'))?.attributes["content"],
        picture: (await content('meta[property="og:image"]'))?.attributes["content"],
      };
    };
    const own = await of(path);
    expect(own.picture).toBe(`${ORIGIN}/page/card.png`);
    for (const other of PUBLIC.filter((page) => page !== path)) {
      const { title, description } = await of(other);
      expect([title, description]).not.toEqual([own.title, own.description]);
      expect(title).not.toBe(own.title);
    }
  });

  it("robots.txt is valid, and closes no public page", async () => {
    const lines = (await (await ask("/robots.txt")).text()).split("\n").filter((line) => line !== "");
    for (const line of lines) expect(line).toMatch(DIRECTIVE);
    const closed = lines.flatMap((line) => /^Disallow: (\S+)/.exec(line)?.[1] ?? []);
    for (const path of PUBLIC) expect(closed.filter((start) => path.startsWith(start))).toEqual([]);
    expect(lines).toContain(`Sitemap: ${ORIGIN}/sitemap.xml`);
  });
});
