import { type AppEnv, combine, documentRoute, type OpenAPIHono, z } from "../../platform/http/route.ts";
import palette from "../page/palette.css";
import { apiDescription } from "./description.ts";
import { referencePage } from "./page.ts";
import style from "./reference.css";

/** Only our own style sheet may load. */
const POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const DescriptionSchema = z
  .object({ openapi: z.string() })
  .loose()
  .openapi({ example: { openapi: "3.1.0" } });

/** The routes of the API's description and its reference page, which describe every route of `app`. */
export const referenceRoutes = (app: OpenAPIHono<AppEnv>): OpenAPIHono<AppEnv> =>
  combine(
    documentRoute(
      "/openapi.json",
      {
        tag: "Service",
        summary: "Describe this API",
        description: "An OpenAPI 3.1 document, made from the schemas that validate requests.",
        content: "The document.",
        type: "application/json",
        example: DescriptionSchema,
      },
      ({ PUBLIC_URL }) => JSON.stringify(apiDescription(app, PUBLIC_URL)),
    ),
    documentRoute(
      "/docs",
      {
        tag: "Service",
        summary: "Read this reference",
        description: "The same document as a page. It runs no script and loads nothing from another origin.",
        content: "The page.",
        type: "text/html",
        example: "<!doctype html>...",
        headers: { "Content-Security-Policy": POLICY },
      },
      async ({ PUBLIC_URL }) => String(await referencePage(apiDescription(app, PUBLIC_URL))),
    ),
    documentRoute(
      "/docs/style.css",
      {
        tag: "Service",
        summary: "Style this reference",
        content: "The style sheet of `/docs`.",
        type: "text/css",
        example: ":root { color-scheme: light dark }",
      },
      () => palette + style,
    ),
  );
