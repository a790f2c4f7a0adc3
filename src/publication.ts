import { licensePublisher } from "./domain/licensing/license-publication.ts";
import { manifestPublisher } from "./domain/releases/manifest-publication.ts";
import { publishRepositories } from "./formats/git/repository-publication.ts";
import { logFailure } from "./lib/log.ts";
import { currentTime } from "./lib/time.ts";
import type { RequestScope } from "./platform/http/router.ts";
import type { Publication } from "./platform/storage/ledger.ts";
import { type Publishers, publishOrRetry } from "./platform/storage/outbox.ts";

/** How the records of the edge copy are made: each room's own. */
export const publishers: Publishers = { license: licensePublisher, manifest: manifestPublisher };

/**
 * Publishes what this request has just committed as `changeIds`; none publishes again what was committed before. `pending` when
 * KV would not take it: it is tried again after the response, and then by the cron until it is done. After a manifest come the
 * repositories of recipes that follow from it. Goes on when the client hangs up. Never throws: what is committed stays committed.
 */
export function publishNow(
  c: Pick<RequestScope, "env" | "executionCtx">,
  publication: Publication,
  changeIds: readonly string[],
): Promise<"published" | "pending"> {
  const later = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
  const published = publishOrRetry(c.env, publishers, publication, changeIds, later).then(async (outcome) => {
    if (publication.topic === "manifest") await publishRecipes(c.env);
    return outcome;
  });
  later(published);
  return published;
}

/** A release is published whether or not its recipe can be: the cron makes good in a minute what fails here. */
async function publishRecipes(env: Env): Promise<void> {
  try {
    await publishRepositories(env, currentTime());
  } catch (error) {
    logFailure("repositories.failed", error);
  }
}
