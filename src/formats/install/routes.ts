import { signaturePolicy } from "../../domain/releases/artifact/check.ts";
import { combine, documentRoute } from "../../platform/http/route.ts";
import { commandRoutes } from "./command.ts";
import { installGuide, installScript } from "./install-script.ts";

/** `GET /install.sh`, `/install.md` and `/cli/{file}`. */
export const installRoutes = combine(
  documentRoute(
    "/install.sh",
    {
      tag: "Delivery",
      summary: "Install a worker by shell",
      description:
        "A POSIX shell script that detects platform and GPU, downloads a worker from this catalog, checks and installs it: " +
        "`curl -fsSL https://catalog.rbee.dev/install.sh | sh -s -- --help`.",
      content: "The script.",
      type: "text/plain",
      example: "#!/bin/sh\n# Installs an rbee worker.",
    },
    (config) => {
      const { keys, bound } = signaturePolicy(config);
      return installScript(config.PUBLIC_URL, keys, bound);
    },
  ),
  documentRoute(
    "/install.md",
    {
      tag: "Delivery",
      summary: "Read how to install workers, as text",
      description: "Each tool in two or three lines, for people in a terminal and for programs.",
      content: "The guide, in Markdown.",
      // Browsers show this type, so people can read the text before they run a command.
      type: "text/plain",
      example: "# Installing a worker",
    },
    ({ PUBLIC_URL }) => installGuide(PUBLIC_URL),
  ),
  commandRoutes,
);
