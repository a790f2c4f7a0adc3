import { createRoute, z } from "@hono/zod-openapi";
import type { Config } from "../config.ts";
import { createRouter } from "../http/app.ts";
import { problems } from "../http/problem-schema.ts";
import { documentResponse, type StaticDocument, staticDocument } from "../http/static-document.ts";
import { signaturePolicy } from "../releases/signing-keys.ts";
import { installScript } from "./install-script.ts";

/** The script of an isolate, by its configuration, which never changes in its life. */
const made = new WeakMap<Config, StaticDocument>();

function scriptOf(config: Config): StaticDocument {
  const known = made.get(config);
  if (known) return known;
  // A media type that browsers show: people read a script before they run it.
  const script = staticDocument(
    installScript(config.PUBLIC_URL, signaturePolicy(config).keys),
    "text/plain; charset=utf-8",
  );
  made.set(config, script);
  return script;
}

/** `GET /install.sh`: for `curl | sh`. */
export const installRoutes = createRouter();

installRoutes.openapi(
  createRoute({
    method: "get",
    path: "/install.sh",
    tags: ["Delivery"],
    summary: "Install a worker by shell",
    description:
      "A POSIX shell script that detects platform and GPU, downloads a worker from this catalog, checks and installs it: " +
      "`curl -fsSL https://catalog.rbee.dev/install.sh | sh -s -- --help`.",
    security: [],
    responses: {
      200: {
        description: "The script.",
        content: { "text/plain": { schema: z.string().openapi({ example: "#!/bin/sh\n# Installs an rbee worker." }) } },
      },
      304: { description: "It has not changed since the `ETag` in `If-None-Match`." },
      ...problems("INTERNAL_ERROR"),
    },
  }),
  (c) => documentResponse(c.req.raw, scriptOf(c.var.config)),
);
