import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { toRfc3339 } from "../../../lib/time.ts";
import { LICENSE_SECURITY } from "../../../platform/http/openapi.ts";
import { problems } from "../../../platform/http/problem-schema.ts";
import type { AppEnv } from "../../../platform/http/router.ts";
import { optionalChoice, Timestamp } from "../../../platform/http/schemas.ts";
import { CHANNELS, PLATFORMS } from "../../releases/manifest.ts";
import { WorkerParams } from "../../workers/request.ts";
import { requireWorker } from "../../workers/workers.ts";
import { authorizeDelivery } from "../authorization.ts";
import { LINK_LIFETIME } from "../link/link.ts";
import { fileUrl, linkTo, signatureUrl } from "../link/making.ts";
import { askerOf, DELIVERY_PROBLEMS, setPrivate } from "./request.ts";

const DownloadView = z
  .object({
    download_url: z.url().openapi({ example: "https://catalog.rbee.dev/dl/WzEsImRsXzA2YjRt..." }),
    expires_at: Timestamp,
    expires_in: z.number().int().openapi({ description: "Seconds that the URLs live.", example: LINK_LIFETIME }),
    worker_id: z.string().openapi({ example: "llm-worker-rbee-premium-cuda" }),
    version: z.string().openapi({ example: "1.2.0" }),
    platform: z.enum(PLATFORMS),
    filename: z.string().openapi({ example: "llm-worker-rbee-premium-cuda-linux-x86_64" }),
    size: z.number().int().openapi({ description: "Bytes.", example: 734003200 }),
    sha256: z.string().openapi({ example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" }),
    checksum: z.string().openapi({
      example: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    }),
    signature_url: z.url().nullable().openapi({ description: "The minisign signature; null if unsigned." }),
  })
  .openapi("Download");

const route = createRoute({
  method: "get",
  path: "/v1/workers/{id}/{version}/download",
  tags: ["Delivery"],
  summary: "Get a download link",
  description:
    "Signed URLs of one file and its signature, with its size and checksum. The URLs live five minutes, may be used many times " +
    "and in parts, and die with the license. Free workers need no credential.",
  security: [{}, ...LICENSE_SECURITY],
  request: {
    params: z.object({
      id: WorkerParams.shape.id.openapi({ example: "llm-worker-rbee-premium-cuda" }),
      version: z.string().openapi({ description: "An exact version, or `latest`.", example: "latest" }),
    }),
    query: z.object({
      platform: optionalChoice(PLATFORMS).openapi({ description: "May be left out if there is only one file." }),
      channel: optionalChoice(CHANNELS).openapi({ description: "What `latest` follows; default `stable`." }),
    }),
  },
  responses: {
    200: { description: "The link.", content: { "application/json": { schema: DownloadView } } },
    ...problems(...DELIVERY_PROBLEMS, "VALIDATION_FAILED"),
  },
});

/** Registers `GET /v1/workers/{id}/{version}/download`. */
export function registerDownload(router: OpenAPIHono<AppEnv>): void {
  router.openapi(route, async (c) => {
    const { id, version } = c.req.valid("param");
    const { platform, channel } = c.req.valid("query");
    const worker = requireWorker(id);
    const asker = await askerOf(c, worker);
    const wanted = { version, channel: channel ?? "stable", file: { platform: platform ?? null } } as const;
    const delivery = await authorizeDelivery(c, worker, wanted, asker);
    const { release, artifact } = delivery;
    const sealed = await linkTo(c, worker, delivery, asker);
    setPrivate(c, worker);
    return c.json(
      {
        download_url: await fileUrl(c, sealed, delivery),
        expires_at: toRfc3339(sealed.link.issuedAt + LINK_LIFETIME),
        expires_in: LINK_LIFETIME,
        worker_id: worker.id,
        version: release.version,
        platform: artifact.platform,
        filename: artifact.filename,
        size: artifact.size,
        sha256: artifact.sha256,
        checksum: `sha256:${artifact.sha256}`,
        signature_url: artifact.signature === null ? null : signatureUrl(c, sealed, "minisig"),
      },
      200,
    );
  });
}
