import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { app } from "../../../src/app.ts";
import { PROBLEMS } from "../../../src/platform/http/problem.ts";
import { apiDescription } from "../../../src/web/reference/description.ts";
import { operationsOf, referencePage } from "../../../src/web/reference/page.ts";

const get = (path: string) => exports.default.fetch(`https://catalog.test${path}`);

/** The values of an attribute in a page, in order. */
async function attributes(html: string, selector: string, name: string): Promise<string[]> {
  const values: string[] = [];
  const rewriter = new HTMLRewriter().on(selector, { element: (e) => void values.push(e.getAttribute(name) ?? "") });
  await rewriter.transform(new Response(html)).text();
  return values;
}

describe("/docs", () => {
  it("shows every operation and every problem code", async () => {
    const html = await (await get("/docs")).text();
    const operations = operationsOf(apiDescription(await app.whole(), "https://catalog.test"));
    expect(await attributes(html, "article", "id")).toHaveLength(operations.length);
    const codes = (await attributes(html, "tr[id]", "id")).map((id) => id.replace("problem-", ""));
    expect(codes).toEqual(Object.keys(PROBLEMS));
  });

  it("has no dead link and no duplicate anchor", async () => {
    const html = await (await get("/docs")).text();
    const ids = await attributes(html, "[id]", "id");
    expect(new Set(ids).size).toBe(ids.length);
    for (const href of await attributes(html, "a", "href")) {
      if (href.startsWith("#")) expect(ids).toContain(href.slice(1));
      else expect((await get(href)).status).toBe(200);
    }
  });

  it("loads only its own style sheet, by its policy and in fact", async () => {
    const response = await get("/docs");
    const policy = response.headers.get("Content-Security-Policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const html = await response.text();
    expect(await attributes(html, "script, img, iframe, style, [style], [onclick]", "src")).toEqual([]);
    expect(await attributes(html, "link", "href")).toEqual(["/docs/style.css"]);
    const style = await get("/docs/style.css");
    expect(style.headers.get("Content-Type")).toBe("text/css; charset=utf-8");
    expect(await style.text()).not.toMatch(/url\(|@import/);
  });

  it("answers 304 to a client with the current version", async () => {
    for (const path of ["/docs", "/docs/style.css"]) {
      const etag = (await get(path)).headers.get("ETag") ?? "";
      const again = await exports.default.fetch(`https://catalog.test${path}`, { headers: { "If-None-Match": etag } });
      expect(again.status).toBe(304);
    }
  });

  it("escapes any description", async () => {
    const hostile = '<script>alert("`x`")</script>';
    const document = {
      ...apiDescription(await app.whole(), "https://catalog.test"),
      tags: [{ name: "Service", description: hostile }],
      paths: { "/x": { get: { tags: ["Service"], summary: hostile, description: hostile, responses: {} } } },
    };
    const html = String(await referencePage(document));
    expect(await attributes(html, "script", "src")).toEqual([]);
    expect(html).toContain("&lt;script&gt;");
  });
});
