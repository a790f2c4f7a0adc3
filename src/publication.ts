import type { RequestScope } from "./http/app.ts";
import { licensePublisher } from "./licensing/license-publication.ts";
import { manifestPublisher } from "./releases/manifest-publication.ts";
import type { Publication } from "./storage/ledger.ts";
import { type Publishers, publishOrRetry } from "./storage/outbox.ts";

/** How the records of the edge copy are made: each room's own. */
export const publishers: Publishers = { license: licensePublisher, manifest: manifestPublisher };

/**
 * Publishes what this request has just committed. `pending` when KV would not take it: it is tried again after the
 * response, and then by the cron until it is done. Never throws: what is committed stays committed.
 */
export const publishNow = (
  c: Pick<RequestScope, "env" | "executionCtx">,
  publication: Publication,
): Promise<"published" | "pending"> =>
  publishOrRetry(c.env, publishers, publication, (work) => c.executionCtx.waitUntil(work));
