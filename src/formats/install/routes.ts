import { signaturePolicy } from "../../domain/releases/signing-keys.ts";
import { once } from "../../lib/isolate.ts";
import type { Config } from "../../platform/config/config.ts";
import { createRoute, createRouter, documentResponse, problems, staticDocument, z } from "../../platform/http/route.ts";
import { installGuide, installScript } from "./install-script.ts";

/** A document made from the configuration. Its media type is one that browsers show, so people can read before they run it. */
const textOf = (make: (config: Config) => string) =>
  once((config: Config) => staticDocument(make(config), "text/plain; charset=utf-8"));

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
