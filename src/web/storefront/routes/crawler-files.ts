import { workers } from "../../../domain/workers/workers.ts";
import {
  type AppEnv,
  createRoute,
  type OpenAPIHono,
  PUBLIC_CACHE_CONTROL,
  problems,
  z,
} from "../../../platform/http/route.ts";

/** Pages that are the same for everybody, for search engines to find. */
const PUBLIC_PATHS = ["/", "/plans", "/install", ...workers.map(({ id }) => `/w/${id}`)];

/** What is somebody's own, or for programs. */
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

const robots = file("/robots.txt", "Tell crawlers what to leave out", "text/plain", "User-agent: *\nDisallow: /v1/");
const sitemap = file("/sitemap.xml", "Tell crawlers what there is", "application/xml", '<?xml version="1.0"?>');

/** Registers `GET /robots.txt` (RFC 9309) and `GET /sitemap.xml` (sitemaps.org). */
export function registerCrawlerFiles(router: OpenAPIHono<AppEnv>): void {
  router.openapi(robots, (c) => {
    const closed = CLOSED_PATHS.map((path) => `Disallow: ${path}\n`).join("");
    const text = `User-agent: *\n${closed}\nSitemap: ${c.var.config.PUBLIC_URL}/sitemap.xml\n`;
    return c.body(text, 200, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": PUBLIC_CACHE_CONTROL });
  });

  router.openapi(sitemap, (c) => {
    const places = PUBLIC_PATHS.map((path) => `<url><loc>${c.var.config.PUBLIC_URL}${path}</loc></url>`).join("\n");
    const text = `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${places}
</urlset>
`;
    return c.body(text, 200, { "Content-Type": "application/xml", "Cache-Control": PUBLIC_CACHE_CONTROL });
  });
}
