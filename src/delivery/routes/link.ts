import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { findWorker } from "../../catalog/workers.ts";
import type { AppEnv } from "../../http/app.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problem-schema.ts";
import { currentTime } from "../../time.ts";
import { askerOfLink } from "../asker.ts";
import { authorizeDelivery } from "../authorization.ts";
import { countDownload } from "../download-count.ts";
import { fileResponse } from "../file-response.ts";
import { openLink } from "../link.ts";
import { linkSecret } from "../link-making.ts";

const route = createRoute({
  method: "get",
  path: "/dl/{opaque}",
  tags: ["Delivery"],
  summary: "The bytes behind a signed link",
  description:
    "GET or HEAD; the link is the credential, an Authorization header beside it is ignored. Supports `Range`, `If-Range`, " +
    "`If-None-Match` and `If-Modified-Since`; the `ETag` is the file's sha256. The license is looked at again each time.",
  security: [],
  request: { params: z.object({ opaque: z.string().openapi({ example: "WzEsImRsXzA2YjRt..." }) }) },
  responses: {
    200: {
      description: "The file.",
      content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary", example: "(bytes)" }) } },
    },
    206: {
      description: "The part of the file that `Range` asks for.",
      content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary", example: "(bytes)" }) } },
    },
    304: { description: "The client has this file already." },
    ...problems(
      "LINK_EXPIRED",
      "LINK_INVALID",
      "KEY_INVALID",
      "KEY_ROTATED",
      "LICENSE_REVOKED",
      "LICENSE_SUSPENDED",
      "LICENSE_EXPIRED",
      "MACHINE_DEACTIVATED",
      "NOT_ENTITLED",
      "VERSION_NOT_COVERED",
      "VERSION_NOT_FOUND",
      "ARTIFACT_NOT_FOUND",
      "RELEASE_BLOCKED",
      "RANGE_NOT_SATISFIABLE",
      "SERVICE_UNAVAILABLE",
    ),
  },
});

/** Registers `GET|HEAD /dl/{opaque}`; any other method is not what the link was signed for. */
export function registerLink(router: OpenAPIHono<AppEnv>): void {
  router.openapi(route, async (c) => {
    const { opaque } = c.req.valid("param");
    const link = await openLink(opaque, await linkSecret(c.var.config), currentTime());
    if (!link.ok) throw new Problem(link.error);
    const { workerId, version, filename, content } = link.value;
    const worker = findWorker(workerId);
    if (!worker) throw new Problem({ code: "ARTIFACT_NOT_FOUND", detail: "This file is no longer offered." });
    const wanted = { version, channel: "stable", file: { filename } } as const;
    const delivery = await authorizeDelivery(c, worker, wanted, askerOfLink(link.value));
    if (content === "minisig") {
      const { signature } = delivery.artifact;
      if (signature === null) throw new Problem({ code: "ARTIFACT_NOT_FOUND", detail: "This file has no signature." });
      return c.body(signature, 200, {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": `attachment; filename="${filename}.minisig"`,
        "Cache-Control": "private, no-store",
      });
    }
    const { response, startsHere } = await fileResponse(c.env.BINARIES, c.req.raw, delivery);
    if (startsHere) countDownload(c, link.value, delivery);
    return response;
  });
  router.all("/dl/:opaque", () => {
    throw new Problem({ code: "LINK_INVALID", detail: "A download link is for GET and HEAD only." });
  });
}
