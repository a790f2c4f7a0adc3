import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppEnv } from "../../http/app.ts";
import { problems } from "../../http/problem-schema.ts";
import {
  COPY_SCRIPT,
  COPY_SCRIPT_PATH,
  cancelledPage,
  checkoutPage,
  laterPage,
  unknownCheckoutPage,
} from "../pages.ts";
import { viewSession } from "../session-view.ts";

const html = { "text/html": { schema: z.string().openapi({ example: "<!doctype html>..." }) } };

const success = createRoute({
  method: "get",
  path: "/checkout/success",
  tags: ["Purchase"],
  summary: "The page after paying",
  description:
    "Issues the license itself if it is ahead of the payment provider's message. Shows the key to the browser that began the " +
    "purchase, and says to everybody else that it was mailed.",
  security: [],
  request: { query: z.object({ session_id: z.string().optional().openapi({ example: "cs_live_a1B2" }) }) },
  responses: {
    200: { description: "The license, or what is waited for.", content: html },
    404: { description: "No such purchase.", content: html },
    503: { description: "To be tried again.", content: html },
    ...problems("INTERNAL_ERROR"),
  },
});

const cancelled = createRoute({
  method: "get",
  path: "/checkout/cancelled",
  tags: ["Purchase"],
  summary: "The page after turning back",
  description: "Where the payment page's back link leads.",
  security: [],
  responses: { 200: { description: "Nothing was bought.", content: html }, ...problems("INTERNAL_ERROR") },
});

const script = createRoute({
  method: "get",
  path: COPY_SCRIPT_PATH,
  tags: ["Purchase"],
  summary: "The script behind the copy button",
  description: "The pages work without it.",
  security: [],
  responses: {
    200: {
      description: "The script.",
      content: { "text/javascript": { schema: z.string().openapi({ example: '"use strict"; ...' }) } },
    },
    ...problems("INTERNAL_ERROR"),
  },
});

/** Registers `GET /checkout/success`, `GET /checkout/cancelled` and their script. */
export function registerCheckoutPages(router: OpenAPIHono<AppEnv>): void {
  router.openapi(success, async (c) => {
    try {
      const view = await viewSession(c, c.req.valid("query").session_id ?? "");
      return await (view ? checkoutPage(view, new URL(c.req.url).origin) : unknownCheckoutPage());
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      console.error(JSON.stringify({ event: "checkout.unreadable", request_id: c.var.requestId, message }));
      return laterPage();
    }
  });
  router.openapi(cancelled, () => cancelledPage());
  router.openapi(script, (c) =>
    c.body(COPY_SCRIPT, 200, {
      "Content-Type": "text/javascript; charset=utf-8",
      "Cache-Control": "public, max-age=300",
    }),
  );
}
