import { createRoute, z } from "@hono/zod-openapi";
import { createRouter } from "./app.ts";
import { PAGE_STYLE_PATH } from "./page.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { problems } from "./problem-schema.ts";
import { documentResponse, staticDocument } from "./static-document.ts";

/** What the pages for customers share: their style sheet. */
export const pageRoutes = createRouter();

const style = staticDocument(PAGE_STYLE, "text/css; charset=utf-8");

pageRoutes.openapi(
  createRoute({
    method: "get",
    path: PAGE_STYLE_PATH,
    tags: ["Service"],
    summary: "Style the pages for customers",
    security: [],
    responses: {
      200: {
        description: "The style sheet.",
        content: { "text/css": { schema: z.string().openapi({ example: ":root { color-scheme: light dark }" }) } },
      },
      304: { description: "It has not changed since the `ETag` in `If-None-Match`." },
      ...problems("INTERNAL_ERROR"),
    },
  }),
  (c) => documentResponse(c.req.raw, style),
);
