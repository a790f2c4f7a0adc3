import { once, onceResolved } from "../../lib/isolate.ts";
import type { Config } from "../../platform/config/config.ts";
import { openApiDocument } from "../../platform/http/openapi.ts";
import {
  type AppEnv,
  createRoute,
  createRouter,
  documentResponse,
  type OpenAPIHono,
  problems,
  staticDocument,
  z,
} from "../../platform/http/route.ts";
import palette from "../page/palette.css";
import { referencePage } from "./page.ts";
import style from "./reference.css";

/** Only our own style sheet may load. */
const POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const notModified = { 304: { description: "It has not changed since the `ETag` in `If-None-Match`." } };

/** The routes of the API's description and its reference page, which describe every route of `app`. */
export function referenceRoutes(app: OpenAPIHono<AppEnv>): OpenAPIHono<AppEnv> {
  const router = createRouter();
  const description = once(({ PUBLIC_URL }: Config) =>
    staticDocument(JSON.stringify(openApiDocument(app, PUBLIC_URL)), "application/json"),
  );
  const page = onceResolved(async ({ PUBLIC_URL }: Config) =>
    staticDocument(String(await referencePage(openApiDocument(app, PUBLIC_URL))), "text/html; charset=utf-8"),
  );
  const styleSheet = once((_config: Config) => staticDocument(palette + style, "text/css; charset=utf-8"));

  router.openapi(
    createRoute({
      method: "get",
      path: "/openapi.json",
      tags: ["Service"],
      summary: "Describe this API",
      description: "An OpenAPI 3.1 document, made from the schemas that validate requests.",
      responses: {
        200: {
          description: "The document.",
          content: {
            "application/json": {
              schema: z
                .object({ openapi: z.string() })
                .loose()
                .openapi({ example: { openapi: "3.1.0" } }),
            },
          },
        },
        ...notModified,
        ...problems("INTERNAL_ERROR"),
      },
    }),
    (c) => documentResponse(c.req.raw, description(c.var.config)),
  );

  router.openapi(
    createRoute({
      method: "get",
      path: "/docs",
      tags: ["Service"],
      summary: "Read this reference",
      description: "The same document as a page. It runs no script and loads nothing from another origin.",
      responses: {
        200: {
          description: "The page.",
          content: { "text/html": { schema: z.string().openapi({ example: "<!doctype html>..." }) } },
        },
        ...notModified,
        ...problems("INTERNAL_ERROR"),
      },
    }),
    async (c) => documentResponse(c.req.raw, await page(c.var.config), { "Content-Security-Policy": POLICY }),
  );

  router.openapi(
    createRoute({
      method: "get",
      path: "/docs/style.css",
      tags: ["Service"],
      summary: "Style this reference",
      responses: {
        200: {
          description: "The style sheet of `/docs`.",
          content: { "text/css": { schema: z.string().openapi({ example: ":root { color-scheme: light dark }" }) } },
        },
        ...notModified,
        ...problems("INTERNAL_ERROR"),
      },
    }),
    (c) => documentResponse(c.req.raw, styleSheet(c.var.config)),
  );
  return router;
}
