import { signaturePolicy } from "../../domain/releases/signing-keys.ts";
import type { Config } from "../../platform/config/config.ts";
import { createRoute, createRouter, problems, z } from "../../platform/http/route.ts";
import { documentResponse, type StaticDocument, staticDocument } from "../../platform/http/static-document.ts";
import { installGuide } from "./install-guide.ts";
import { installScript } from "./install-script.ts";

/** A text that follows from the configuration alone, made once in an isolate. Browsers show its media type: people read before they run. */
function textOf(make: (config: Config) => string): (config: Config) => StaticDocument {
  const made = new WeakMap<Config, StaticDocument>();
  return (config) => {
    const known = made.get(config);
    if (known) return known;
    const document = staticDocument(make(config), "text/plain; charset=utf-8");
    made.set(config, document);
    return document;
  };
}

const scriptOf = textOf((config) => installScript(config.PUBLIC_URL, signaturePolicy(config).keys));
const guideOf = textOf((config) => installGuide(config.PUBLIC_URL));

/** `GET /install.sh`, for `curl | sh`, and `GET /install.md`, the guide to all ways. */
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

installRoutes.openapi(
  createRoute({
    method: "get",
    path: "/install.md",
    tags: ["Delivery"],
    summary: "Read how to install workers, as text",
    description: "Every tool in two or three lines, for people in a terminal and for programs that read.",
    security: [],
    responses: {
      200: {
        description: "The guide, in Markdown.",
        content: { "text/plain": { schema: z.string().openapi({ example: "# Installing a worker" }) } },
      },
      304: { description: "It has not changed since the `ETag` in `If-None-Match`." },
      ...problems("INTERNAL_ERROR"),
    },
  }),
  (c) => documentResponse(c.req.raw, guideOf(c.var.config)),
);
