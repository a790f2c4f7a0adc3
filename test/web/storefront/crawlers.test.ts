import { describe, expect, it } from "vitest";
import * as z from "zod";
import { workers } from "../../../src/domain/workers/workers.ts";
import { GUIDES } from "../../../src/web/guides/guides.ts";
import { GROUPS } from "../../../src/web/reference/operations.ts";
import { askPage as ask } from "../../support/ask-page.ts";
import { find } from "../../support/html-document.ts";
import { publishRelease } from "../../support/publish-release.ts";

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";

describe("the files and data for search engines", () => {
  const Application = z.object({
    "@type": z.literal("SoftwareApplication"),
    name: z.string(),
    url: z.url(),
    softwareVersion: z.string().optional(),
    offers: z.array(z.object({ price: z.string(), priceCurrency: z.string() })),
  });

  it("describe each worker as an application with its offers", async () => {
    const [data] = await find(await ask(`/w/${FREE}`), "script[type='application/ld+json']");
    const application = Application.parse(JSON.parse(data?.text ?? ""));
    expect(application).toMatchObject({ name: "LLM Worker (CPU)", softwareVersion: "0.1.0" });
    expect(application.offers).toEqual([{ price: "0", priceCurrency: "USD" }]);
    await publishRelease({ worker_id: FREE, version: "1.2.0" });
    const [newer] = await find(await ask(`/w/${FREE}`), "script[type='application/ld+json']");
    expect(Application.parse(JSON.parse(newer?.text ?? "")).softwareVersion).toBe("1.2.0");
    // This environment sells nothing.
    const [premium] = await find(await ask(`/w/${PREMIUM}`), "script[type='application/ld+json']");
    expect(Application.parse(JSON.parse(premium?.text ?? "")).offers).toEqual([]);
  });

  it("list the public pages, and each exists and can be indexed", async () => {
    const robots = await (await ask("/robots.txt")).text();
    expect(robots).toContain("Sitemap: https://catalog.test/sitemap.xml");
    const sitemap = await (await ask("/sitemap.xml")).text();
    const places = [...sitemap.matchAll(/<loc>https:\/\/catalog\.test([^<]*)<\/loc>/g)].map(([, path = ""]) => path);
    expect(places).toHaveLength(10 + GUIDES.length + GROUPS.length + workers.length);
    expect(places).toEqual(
      expect.arrayContaining(["/docs", "/docs/licensing", "/docs/problems", "/terms", "/imprint"]),
    );
    for (const path of places) {
      const response = await ask(path);
      expect(response.status).toBe(200);
      const html = await response.text();
      expect(html).not.toContain("noindex");
      const [description] = await find(new Response(html), "meta[name=description]");
      expect(description?.attributes["content"]?.length).toBeGreaterThan(40);
    }
    expect(await (await ask("/checkout/cancelled")).text()).toContain('content="noindex"');
  });
});
