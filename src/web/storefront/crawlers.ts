import { workers } from "../../domain/workers/workers.ts";
import type { Config } from "../../platform/config/config.ts";
import { LEGAL_NAMES, sellerOf } from "../../platform/config/seller.ts";
import { createRoute, createRouter, PUBLIC_CACHE_CONTROL, problems, z } from "../../platform/http/route.ts";
import { GUIDES, guidePath } from "../guides/guides.ts";
import { GROUPS, groupPath } from "../reference/operations.ts";

/** The public pages that every deployment has, for search engines. */
const PUBLIC_PATHS = [
  ...["/", "/plans", "/install", "/guides"],
  ...GUIDES.map(({ slug }) => guidePath(slug)),
  ...["/docs", "/docs/problems"],
  ...GROUPS.map(groupPath),
  ...workers.map(({ id }) => `/w/${id}`),
];

/** The seller's documents that are pages of ours. One that is a URL is another site's. */
function legalPaths(config: Config): string[] {
  const { documents } = sellerOf(config);
  return LEGAL_NAMES.filter((name) => documents[name] !== null && "text" in documents[name]).map((name) => `/${name}`);
}

/** Private pages, and paths for programs. */
const CLOSED_PATHS = ["/account", "/admin", "/checkout", "/recover", "/emails", "/v1/", "/dl/"];

/** `GET /robots.txt` and `/sitemap.xml`. */
export const crawlerRoutes = createRouter();

const file = (path: string, summary: string, type: string, example: string) =>
  createRoute({
    method: "get",
    path,
    tags: ["Pages"],
    summary,
    security: [],
    responses: {
      200: { description: "The file.", content: { [type]: { schema: z.string().openapi({ example }) } } },
      ...problems("INTERNAL_ERROR"),
    },
  });

/** RFC 9309. */
const robots = file("/robots.txt", "Tell crawlers which paths to skip", "text/plain", "User-agent: *\nDisallow: /v1/");
/** sitemaps.org. */
const sitemap = file("/sitemap.xml", "List the public pages for crawlers", "application/xml", '<?xml version="1.0"?>');

crawlerRoutes.openapi(robots, (c) => {
  const closed = CLOSED_PATHS.map((path) => `Disallow: ${path}\n`).join("");
  const text = `User-agent: *\n${closed}\nSitemap: ${c.var.config.PUBLIC_URL}/sitemap.xml\n`;
  return c.body(text, 200, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": PUBLIC_CACHE_CONTROL });
});

crawlerRoutes.openapi(sitemap, (c) => {
  const paths = [...PUBLIC_PATHS, ...legalPaths(c.var.config)];
  const places = paths.map((path) => `<url><loc>${c.var.config.PUBLIC_URL}${path}</loc></url>`).join("\n");
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${places}
</urlset>
`;
  return c.body(text, 200, { "Content-Type": "application/xml", "Cache-Control": PUBLIC_CACHE_CONTROL });
});
