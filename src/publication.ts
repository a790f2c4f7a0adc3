import { publishRepositories } from "./git/repository-publication.ts";
import type { RequestScope } from "./http/app.ts";
import { licensePublisher } from "./licensing/license-publication.ts";
import { manifestPublisher } from "./releases/manifest-publication.ts";
import type { Publication } from "./storage/ledger.ts";
import { type Publishers, publishOrRetry } from "./storage/outbox.ts";
import { currentTime } from "./time.ts";

/** How the records of the edge copy are made: each room's own. With a manifest go the recipes that follow from it. */
export const publishers: Publishers = {
  license: licensePublisher,
  manifest: {
    ...manifestPublisher,
    async publish(env, workerId) {
      const mark = await manifestPublisher.publish(env, workerId);
      await publishRepositories(env, currentTime());
      return mark;
    },
  },
};

/**
 * Publishes what this request has just committed as `changeIds`; none publishes again what was committed before. `pending` when
 * KV would not take it: it is tried again after the response, and then by the cron until it is done. Goes on when the client
 * hangs up. Never throws: what is committed stays committed.
 */
export function publishNow(
  c: Pick<RequestScope, "env" | "executionCtx">,
  publication: Publication,
  changeIds: readonly string[],
): Promise<"published" | "pending"> {
  const later = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
  const published = publishOrRetry(c.env, publishers, publication, changeIds, later);
  later(published);
  return published;
}
