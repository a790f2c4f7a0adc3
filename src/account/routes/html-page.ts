import { z } from "@hono/zod-openapi";

/** The `responses` entry of `createRoute` for a page. */
export const htmlPage = (description: string) => ({
  description,
  content: { "text/html": { schema: z.string().openapi({ example: "<!doctype html>..." }) } },
});
