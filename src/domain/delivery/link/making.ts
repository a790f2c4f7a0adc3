import { newId } from "../../../lib/id.ts";
import { onceResolved } from "../../../lib/isolate.ts";
import type { Config } from "../../../platform/config/config.ts";
import type { RequestScope } from "../../../platform/http/router.ts";
import { placeOf, sendLate } from "../../../platform/usage/message.ts";
import type { Worker } from "../../workers/workers.ts";
import type { Asker } from "../authorization.ts";
import type { Delivery } from "../decision.ts";
import type { SignatureKind } from "../routes/file-address.ts";
import { importLinkSecret, type Link, sealLink } from "./link.ts";
import { presignObject } from "./presigned.ts";

/** The imported DOWNLOAD_LINK_SECRET, once per isolate. */
export const linkSecret = onceResolved((config: Config) => importLinkSecret(config.DOWNLOAD_LINK_SECRET));

/** A link and its opaque part. */
export type SealedLink = { link: Link; opaque: string };

/** Makes and seals the link of an authorized delivery. */
export async function linkTo(
  c: RequestScope,
  worker: Worker,
  { release, artifact }: Delivery,
  asker: Asker | null,
): Promise<SealedLink> {
  const link: Link = {
    id: newId("dl"),
    issuedAt: c.var.now,
    workerId: worker.id,
    version: release.version,
    filename: artifact.filename,
    holder: asker && { licenseId: asker.licenseId, machine: asker.machine, generation: asker.generation },
  };
  return { link, opaque: await sealLink(link, await linkSecret(c.var.config)) };
}

/**
 * The URL of a link's file: through this Worker or, with DELIVERY=r2-presigned, of the object itself. A presigned link
 * counts as a download when it is made, because this Worker does not see its bytes.
 */
export async function fileUrl(c: RequestScope, { link, opaque }: SealedLink, delivery: Delivery): Promise<string> {
  const { config } = c.var;
  if (config.DELIVERY === "worker") return new URL(`/dl/${opaque}`, c.req.raw.url).href;
  countDownload(c, link, delivery);
  return presignObject(config, delivery.artifact.object_key, delivery.artifact.filename);
}

/**
 * The URL of a signature of a link's file. It always leads through this Worker, because the manifest has the signature.
 * It has no dots either.
 */
export const signatureUrl = (c: Pick<RequestScope, "req">, { opaque }: SealedLink, kind: SignatureKind): string =>
  new URL(`/dl/${opaque}/${kind}`, c.req.raw.url).href;

/** Counts a download after the response. If the queue is down, the count is lost, but never the download. */
export const countDownload = (c: RequestScope, link: Link, { artifact }: Delivery): void =>
  sendLate(c, {
    link_id: link.id,
    worker_id: link.workerId,
    version: link.version,
    platform: artifact.platform,
    license_id: link.holder?.licenseId ?? null,
    machine: link.holder?.machine ?? null,
    place: link.holder && placeOf(c.req.raw),
    at: c.var.now,
  });
