import type { OpenAPIHono } from "@hono/zod-openapi";
import { SECURITY_SCHEMES, TAGS } from "./openapi-vocabulary.ts";
import type { AppEnv } from "./router.ts";

export type OpenApiDocument = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;
export type PathItem = NonNullable<OpenApiDocument["paths"]>[string];
export type Operation = NonNullable<PathItem["get"]>;

const DESCRIPTION = `The catalog that rbee hives install inference workers from.

Free workers need no credential. A premium worker's binaries need a license key or token, sent as \`Bearer\`, or as the password of \`Basic\` whose user is the machine's fingerprint.

JSON is snake_case and times are RFC 3339 in UTC. Lists page by \`limit\` and \`cursor\`. Every error is \`application/problem+json\` with a stable \`code\`, and every response carries \`X-Request-Id\`.`;

/** The OpenAPI 3.1 document of every operation that `app` has, served from `publicUrl`; made from the schemas that validate. */
export function openApiDocument(app: OpenAPIHono<AppEnv>, publicUrl: string): OpenApiDocument {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "rbee worker catalog",
      version: "1",
      description: DESCRIPTION,
      license: { name: "GPL-3.0-or-later", url: "https://www.gnu.org/licenses/gpl-3.0.html" },
    },
    servers: [{ url: publicUrl }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
  });
  return { ...document, components: { ...document.components, securitySchemes: SECURITY_SCHEMES } };
}
