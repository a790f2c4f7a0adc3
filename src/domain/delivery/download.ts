import { toRfc3339 } from "../../lib/time.ts";
import { ownOrigin } from "../../platform/http/own-address.ts";
import { Problem } from "../../platform/http/problem.ts";
import type { ReadScope } from "../../platform/http/router.ts";
import type { Channel, Platform } from "../releases/manifest.ts";
import type { Worker } from "../workers/workers.ts";
import type { Asker } from "./authorization.ts";
import type { Delivery, Wanted } from "./decision.ts";
import { fileUrl, linkLifetime, linkTo, parseFilename, signatureOf, signatureUrl } from "./link.ts";
import { isPublicFile, publicPath } from "./public-address.ts";

/** The query of `GET /v1/workers/{id}/{version}/download`. Undefined: the client left it out. */
export type AskedDownload = {
  platform?: Platform | undefined;
  filename?: string | undefined;
  channel?: Channel | undefined;
};

/** The file that a query wants: the one of this name, or the default build of the platform. */
export const wantedByQuery = (version: string, { platform, filename, channel }: AskedDownload): Wanted => ({
  version,
  channel: channel ?? "stable",
  file: filename === undefined ? { platform: platform ?? null } : { filename, platform: platform ?? null },
});

/** The wanted file of `GET /v1/workers/{id}/{version}/files/{name}`: the file itself for the name of a signature. */
export const wantedByName = (version: string, name: string): Wanted => ({
  version,
  channel: "stable",
  file: { filename: parseFilename(name).filename },
});

/** The links to a delivery and its facts, as JSON. */
export async function downloadView(c: ReadScope, worker: Worker, delivery: Delivery, asker: Asker | null) {
  const { release, artifact } = delivery;
  const { config } = c.var;
  const sealed = await linkTo(c, worker, delivery, asker);
  return {
    download_url: await fileUrl(c, sealed, delivery),
    expires_at: toRfc3339(sealed.link.issuedAt + linkLifetime(config)),
    expires_in: linkLifetime(config),
    worker_id: worker.id,
    version: release.version,
    platform: artifact.platform,
    filename: artifact.filename,
    size: artifact.size,
    sha256: artifact.sha256,
    checksum: `sha256:${artifact.sha256}`,
    signature_url: artifact.signature === null ? null : signatureUrl(c, sealed, "minisig"),
    public_url: isPublicFile(worker, delivery) ? ownOrigin(c.req.raw, config) + publicPath(worker, delivery) : null,
  };
}

/**
 * The URL of a delivery, public for a free binary, or of its signature that `name` asks for. Throws ARTIFACT_NOT_FOUND
 * if it has none.
 */
export async function addressByName(
  c: ReadScope,
  worker: Worker,
  name: string,
  delivery: Delivery,
  asker: Asker | null,
): Promise<string> {
  const { signature } = parseFilename(name);
  if (signature !== null && signatureOf(delivery.artifact, signature) === null) throw noSignature();
  const { config } = c.var;
  if (signature === null && config.DELIVERY === "worker" && isPublicFile(worker, delivery)) {
    return ownOrigin(c.req.raw, config) + publicPath(worker, delivery);
  }
  const sealed = await linkTo(c, worker, delivery, asker);
  return signature === null ? fileUrl(c, sealed, delivery) : signatureUrl(c, sealed, signature);
}

/** The refusal if a file has no such signature. */
export const noSignature = (): Problem =>
  new Problem({ code: "ARTIFACT_NOT_FOUND", detail: "This file has no such signature." });
