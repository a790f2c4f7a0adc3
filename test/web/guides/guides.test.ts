import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { GUIDES } from "../../../src/web/guides/guides.ts";

const get = (path: string) =>
  exports.default.fetch(`https://catalog.test${path}`, { headers: { Accept: "text/html" } });

describe("/guides", () => {
  it("lists every guide with a link and a summary", async () => {
    const response = await get("/guides");
    expect(response.status).toBe(200);
    const html = await response.text();
    for (const { slug } of GUIDES) expect(html).toContain(`href="/guides/${slug}"`);
    expect(html).toContain('rel="canonical" href="https://catalog.test/guides"');
  });

  it.each(GUIDES)("$slug is a page of its own, with its description and the way to the others", async ({ slug }) => {
    const response = await get(`/guides/${slug}`);
    expect(response.status).toBe(200);
    const html = await response.text();
    expect(html).toContain(`rel="canonical" href="https://catalog.test/guides/${slug}"`);
    expect(html).toMatch(/<meta name="description" content="[^"]{60,}"/);
    expect(html).toContain(`<a href="/guides/${slug}" aria-current="page">`);
    expect(html.match(/<h1/g)).toHaveLength(1);
    expect(new TextEncoder().encode(html).length).toBeLessThan(60 * 1024);
  });

  it("an unknown guide is NOT_FOUND", async () => {
    expect((await get("/guides/nowhere")).status).toBe(404);
  });

  it("the sitemap has every guide", async () => {
    const text = await (await get("/sitemap.xml")).text();
    for (const { slug } of GUIDES) expect(text).toContain(`<loc>https://catalog.test/guides/${slug}</loc>`);
  });
});
