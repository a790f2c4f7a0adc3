import { once, onceResolved } from "../../lib/isolate.ts";
import type { Config } from "../../platform/config/config.ts";
import { openApiDocument } from "../../platform/http/openapi.ts";
import {
  type AppEnv,
  createRoute,
  documentResponse,
  type OpenAPIHono,
  problems,
  staticDocument,
  z,
} from "../../platform/http/route.ts";
import { referencePage } from "./reference-page.ts";
import { REFERENCE_STYLE } from "./reference-page-style.ts";

/** Nothing but our own style sheet may load, so that a description that is not ours could do no harm either. */
const POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const notModified = { 304: { description: "It has not changed since the `ETag` in `If-None-Match`." } };

/** Adds the description of every route of `app`, its own included: call it after all others have been added. */
export function addReference(app: OpenAPIHono<AppEnv>): void {
  const description = once(({ PUBLIC_URL }: Config) =>
    staticDocument(JSON.stringify(openApiDocument(app, PUBLIC_URL)), "application/json"),
  );
  const page = onceResolved(async ({ PUBLIC_URL }: Config) =>
    staticDocument(String(await referencePage(openApiDocument(app, PUBLIC_URL))), "text/html; charset=utf-8"),
  );
  const style = once((_config: Config) => staticDocument(REFERENCE_STYLE, "text/css; charset=utf-8"));

  app.openapi(
    createRoute({
      method: "get",
      path: "/openapi.json",
      tags: ["Service"],
      summary: "Describe this API",
      description: "This API as an OpenAPI 3.1 document, made from the schemas that validate its requests.",
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

  app.openapi(
    createRoute({
      method: "get",
      path: "/docs",
      tags: ["Service"],
      summary: "Read this reference",
      description: "The same document as a page for people. It runs no script and loads nothing from elsewhere.",
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

  app.openapi(
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
    (c) => documentResponse(c.req.raw, style(c.var.config)),
  );
}
