import type { Worker } from "../catalog/workers.ts";
import type { Config } from "../config.ts";
import type { RequestScope } from "../http/app.ts";
import { newId } from "../storage/id.ts";
import { currentTime } from "../time.ts";
import type { Asker } from "./asker.ts";
import type { Delivery } from "./decision.ts";
import { countDownload } from "./download-count.ts";
import { importLinkSecret, type Link, sealLink } from "./link.ts";
import { presignObject } from "./presigned-link.ts";

const secrets = new WeakMap<Config, CryptoKey>();

/** The imported DOWNLOAD_LINK_SECRET, once per isolate. */
export async function linkSecret(config: Config): Promise<CryptoKey> {
  const known = secrets.get(config);
  if (known) return known;
  const secret = await importLinkSecret(config.DOWNLOAD_LINK_SECRET);
  secrets.set(config, secret);
  return secret;
}

/** The link that a decided delivery stands for. */
export const linkOf = (
  worker: Worker,
  { release, artifact }: Delivery,
  asker: Asker | null,
  content: Link["content"],
): Link => ({
  id: newId("dl"),
  issuedAt: currentTime(),
  workerId: worker.id,
  version: release.version,
  filename: artifact.filename,
  content,
  holder: asker && { licenseId: asker.licenseId, machine: asker.machine, generation: asker.generation },
});

/**
 * The URL of a link: through this Worker, or, with DELIVERY=r2-presigned, of the object itself. Such a link counts as a
 * download when it is made, because its bytes are not seen here.
 */
export async function linkUrl(c: RequestScope, link: Link, { release, artifact }: Delivery): Promise<string> {
  const { config } = c.var;
  if (config.DELIVERY === "r2-presigned" && link.content === "file") {
    countDownload(c, link, { release, artifact });
    return presignObject(config, artifact.object_key, artifact.filename);
  }
  return new URL(`/dl/${await sealLink(link, await linkSecret(config))}`, c.req.raw.url).href;
}
