import { type AppContext, createRouter, LICENSE_SECURITY, operation, z } from "../../../platform/http/route.ts";
import { optionalChoice, Timestamp, unlessEmpty } from "../../../platform/http/schemas.ts";
import { CHANNELS, FILE_PLATFORMS, PLATFORMS } from "../../releases/manifest.ts";
import { WorkerParams } from "../../workers/request.ts";
import { requireWorker, type Worker } from "../../workers/workers.ts";
import { askerOf, DELIVERY_PROBLEMS, privateHeaders } from "../authorization.ts";
import { authorizeDelivery } from "../authorize.ts";
import { addressByName, downloadView, wantedByName, wantedByQuery } from "../download.ts";
import { LINK_LIFETIME } from "../presigned.ts";
import { attestedFile } from "../provenance.ts";
import { pathOfProvenance } from "./provenance.ts";

const DownloadView = z
  .object({
    download_url: z.url().openapi({ example: "https://catalog.rbee.dev/dl/WzEsImRsXzA2YjRt..." }),
    expires_at: Timestamp,
    expires_in: z
      .number()
      .int()
      .openapi({ description: "The lifetime of the URLs, in seconds.", example: LINK_LIFETIME }),
    worker_id: z.string().openapi({ example: "llm-worker-rbee-premium-cuda" }),
    version: z.string().openapi({ example: "1.2.0" }),
    platform: z.enum(FILE_PLATFORMS),
    filename: z.string().openapi({ example: "llm-worker-rbee-premium-cuda-linux-x86_64" }),
    size: z.number().int().openapi({ description: "Bytes.", example: 734003200 }),
    sha256: z.string().openapi({ example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" }),
    checksum: z.string().openapi({
      example: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    }),
    signature_url: z.url().nullable().openapi({ description: "The minisign signature; null if unsigned." }),
    public_url: z.url().nullable().openapi({
      description:
        "The same file at an address with its checksum, which caches may keep. Binaries of free workers only.",
      example: null,
    }),
  })
  .openapi("Download");

const linkRoute = operation("get", "/v1/workers/{id}/{version}/download", {
  tag: "Delivery",
  summary: "Get a download link",
  description:
    "Signed URLs of one file and its signature, with its size and checksum. The URLs are valid for five minutes, for any number " +
    "of requests and ranges, while the license is in force. Free workers need no credential.",
  access: { security: [{}, ...LICENSE_SECURITY] },
  params: z.object({
    id: WorkerParams.shape.id.openapi({ example: "llm-worker-rbee-premium-cuda" }),
    version: z.string().openapi({ description: "An exact version, or `latest`.", example: "latest" }),
  }),
  query: z.object({
    platform: optionalChoice(PLATFORMS).openapi({
      description:
        "Its default build: of several binaries the one that runs on most machines. Optional if all are of one platform.",
    }),
    filename: unlessEmpty(z.string().max(128).optional()).openapi({
      param: { description: "Exactly this file. With `platform`, it must be of that platform." },
      type: "string",
      example: "llm-worker-rbee-premium-cuda-linux-x86_64",
    }),
    channel: optionalChoice(CHANNELS).openapi({ description: "The channel of `latest`; default `stable`." }),
  }),
  answers: { 200: ["The link.", DownloadView] },
  refusals: [...DELIVERY_PROBLEMS, "VALIDATION_FAILED"],
});

const fileRoute = operation("get", "/v1/workers/{id}/{version}/files/{filename}", {
  tag: "Delivery",
  summary: "Download a file by name",
  description:
    "Redirects to the file, which makepkg, curl and pacman follow: to a signed URL, or for the binary or source archive of a free worker to the " +
    "address with its checksum. `{filename}.minisig` redirects to its minisign " +
    "signature, `{filename}.sig` to its OpenPGP signature if it has one, `{filename}.intoto.jsonl` to the build provenance that " +
    "attests it. Free workers and provenance need no credential.",
  access: { security: [{}, ...LICENSE_SECURITY] },
  params: z.object({
    id: WorkerParams.shape.id.openapi({ example: "llm-worker-rbee-premium-cuda" }),
    version: z.string().openapi({ description: "An exact version, or `latest`.", example: "1.2.0" }),
    filename: z.string().openapi({
      description: "The file's name, or it and `.minisig`, `.sig` or `.intoto.jsonl`.",
      example: "llm-worker-rbee-premium-cuda-linux-x86_64",
    }),
  }),
  answers: {
    302: {
      description: "The URL. A signed one is valid for five minutes.",
      headers: z.object({
        Location: z.string().openapi({ example: "https://catalog.rbee.dev/dl/WzEsImRsXzA2YjRt..." }),
      }),
    },
  },
  refusals: [...DELIVERY_PROBLEMS],
});

/** `GET /v1/workers/{id}/{version}/download` and `.../files/{filename}`: a link to a file, as JSON or as a redirect. */
export const download = createRouter();

download.openapi(linkRoute, async (c) => {
  const { id, version } = c.req.valid("param");
  const worker = requireWorker(id);
  const asker = await askerOf(c, worker);
  const wanted = wantedByQuery(version, c.req.valid("query"));
  const delivery = await authorizeDelivery(c, worker, wanted, asker);
  return c.json(await downloadView(c, worker, delivery, asker), 200, privateHeaders(worker));
});

download.openapi(fileRoute, async (c) => {
  const { id, version, filename } = c.req.valid("param");
  const worker = requireWorker(id);
  const attested = attestedFile(filename);
  if (attested !== null) return c.redirect(await pathOfProvenance(c, worker, version, attested), 302);
  return c.redirect(await addressOfFile(c, worker, version, filename), 302);
});

/**
 * The signed URL of a worker's file, or of a signature of the file, by name. Marks the answer as the asker's own.
 * `version` is exact or `latest`. Throws the problem of a refusal, and ARTIFACT_NOT_FOUND if the file has no such
 * signature.
 */
export async function addressOfFile(c: AppContext, worker: Worker, version: string, name: string): Promise<string> {
  const asker = await askerOf(c, worker);
  const delivery = await authorizeDelivery(c, worker, wantedByName(version, name), asker);
  const address = await addressByName(c, worker, name, delivery, asker);
  for (const [header, value] of Object.entries(privateHeaders(worker))) c.header(header, value, { append: true });
  return address;
}
