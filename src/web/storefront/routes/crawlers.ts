import { workers } from "../../../domain/workers/workers.ts";
import { createRoute, createRouter, PUBLIC_CACHE_CONTROL, problems, z } from "../../../platform/http/route.ts";

/** The public pages for search engines. */
const PUBLIC_PATHS = ["/", "/plans", "/install", ...workers.map(({ id }) => `/w/${id}`)];

/** Private pages, and paths for programs. */
const CLOSED_PATHS = ["/account", "/admin", "/checkout", "/recover", "/v1/", "/dl/"];

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

const robots = file("/robots.txt", "Tell crawlers which paths to skip", "text/plain", "User-agent: *\nDisallow: /v1/");
const sitemap = file("/sitemap.xml", "List the public pages for crawlers", "application/xml", '<?xml version="1.0"?>');

/** `GET /robots.txt` (RFC 9309) and `GET /sitemap.xml` (sitemaps.org). */
export const crawlers = createRouter();

crawlers.openapi(robots, (c) => {
  const closed = CLOSED_PATHS.map((path) => `Disallow: ${path}\n`).join("");
  const text = `User-agent: *\n${closed}\nSitemap: ${c.var.config.PUBLIC_URL}/sitemap.xml\n`;
  return c.body(text, 200, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": PUBLIC_CACHE_CONTROL });
});

crawlers.openapi(sitemap, (c) => {
  const places = PUBLIC_PATHS.map((path) => `<url><loc>${c.var.config.PUBLIC_URL}${path}</loc></url>`).join("\n");
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${places}
</urlset>
`;
  return c.body(text, 200, { "Content-Type": "application/xml", "Cache-Control": PUBLIC_CACHE_CONTROL });
});
