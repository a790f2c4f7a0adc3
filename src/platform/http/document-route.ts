import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { onceResolved } from "../../lib/isolate.ts";
import type { Config } from "../config/config.ts";
import { documentResponse, staticDocument } from "./document.ts";
import { ANYONE, operation } from "./operation.ts";
import { type AppEnv, createRouter } from "./router.ts";

/** The description of a public document, and its media type. */
type PublicDocument = {
  tag: string;
  summary: string;
  description?: string;
  /** The content in a few words: "The style sheet." */
  content: string;
  type: string;
  /** An example of the text, or the schema of another type with its example. */
  example: string | z.ZodType;
  headers?: Record<string, string>;
};

/** The `Content-Type` of a media type. JSON is UTF-8 by definition (RFC 8259), and a picture has no charset. */
const contentTypeOf = (type: string): string =>
  type === "application/json" || (type.startsWith("image/") && type !== "image/svg+xml")
    ? type
    : `${type}; charset=utf-8`;

/**
 * A router with one `GET` route of a document that depends only on the configuration. An isolate makes the document at
 * the first request. Answers 304 to a client with the current version.
 */
export function documentRoute(
  path: string,
  { content, type, example, headers, ...docs }: PublicDocument,
  make: (config: Config) => string | Uint8Array | Promise<string | Uint8Array>,
): OpenAPIHono<AppEnv> {
  const document = onceResolved(async (config: Config) => staticDocument(await make(config), contentTypeOf(type)));
  const schema = typeof example === "string" ? z.string().openapi({ example }) : example;
  const router = createRouter();
  router.openapi(
    operation("get", path, {
      ...docs,
      access: ANYONE,
      answers: {
        200: { description: content, content: { [type]: { schema } } },
        304: ["It has not changed since the `ETag` in `If-None-Match`."],
      },
      refusals: ["INTERNAL_ERROR"],
    }),
    async (c) => documentResponse(c.req.raw, await document(c.var.config), headers),
  );
  return router;
}
