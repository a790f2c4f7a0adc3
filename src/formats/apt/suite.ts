import { type Asker, repositoryAsker } from "../../domain/delivery/authorization.ts";
import { listFramed } from "../../domain/delivery/framed/listing.ts";
import { listingDate } from "../../domain/delivery/tier-listing.ts";
import type { Channel } from "../../domain/releases/manifest.ts";
import { IsolateCache, SMALL_CACHE } from "../../lib/isolate.ts";
import { HOUR } from "../../lib/time.ts";
import { cacheBody, cachedWhole } from "../../platform/http/edge-cache.ts";
import type { AppContext } from "../../platform/http/route.ts";
import { settle } from "../../platform/storage/settle.ts";
import { listsOf } from "./lists.ts";
import { releaseDate, type Suite } from "./release.ts";
import { REPOSITORIES, type RepositoryName } from "./repository.ts";
import { DEB, DEBIAN_ARCHITECTURES } from "./version.ts";

/**
 * A suite as the asker of a request may have it. Throws CREDENTIAL_REQUIRED if the repository needs a license and none
 * was sent, before any read, and the problem of a refused license or activation.
 */
export async function suiteFor(c: AppContext, repository: RepositoryName, channel: Channel): Promise<Suite> {
  const asker = await requireAsker(c, repository);
  const { now } = c.var;
  const wanted = {
    tier: REPOSITORIES[repository],
    format: DEB,
    platforms: Object.values(DEBIAN_ARCHITECTURES),
    channel,
  };
  const { offers, changedAt } = await listFramed(c, wanted, asker, (changes) => settle(c, changes));
  const lists = await listsOf(offers, now);
  const suite = { repository, channel, date: releaseDate(listingDate(changedAt, now), now), lists };
  rememberLists(c, suite, asker);
  return suite;
}

/**
 * A list of a suite by its SHA-256 in hexadecimal, or null. The list of a moment ago is found as well: a release may
 * have changed the lists between apt's request for the suite and this one, or another isolate may have answered that.
 * It decides on the asker first, and throws, as `suiteFor`.
 */
export async function listByHash(
  c: AppContext,
  repository: RepositoryName,
  channel: Channel,
  sum: string,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const { lists } = await suiteFor(c, repository, channel);
  const current = lists.find(({ sha256 }) => sha256 === sum);
  if (current) return current.bytes;
  const address = listAddress(c, repository, await requireAsker(c, repository), sum);
  const known = recent.get(address, c.var.now);
  if (known) return known;
  const cached = await cachedWhole(address);
  return cached && new Uint8Array(await cached.arrayBuffer());
}

/** The asker of a request; null for the free repository. Throws CREDENTIAL_REQUIRED as `suiteFor`. */
const requireAsker = (c: AppContext, repository: RepositoryName): Promise<Asker | null> =>
  repositoryAsker(
    c,
    REPOSITORIES[repository],
    "Put your license key into /etc/apt/auth.conf.d, with the machine's name as login.",
  );

/** How long a list is kept after its suite has others, in seconds. apt asks for it a moment after the suite. */
const KEPT = HOUR;

/** The lists of suites as askers have seen them. Each asker finds only lists that were made for its license. */
const recent = new IsolateCache<Uint8Array<ArrayBuffer>>(2_000, SMALL_CACHE / 2);

/** The address of a list in the memory of isolates and in the cache of the data center. No route answers it. */
const listAddress = (c: AppContext, repository: RepositoryName, asker: Asker | null, sum: string): string =>
  `${c.var.config.PUBLIC_URL}/apt/${repository}/kept/${asker?.licenseId ?? "free"}/${sum}`;

function rememberLists(c: AppContext, { repository, lists }: Suite, asker: Asker | null): void {
  for (const { sha256, bytes } of lists) {
    const address = listAddress(c, repository, asker, sha256);
    if (recent.get(address, c.var.now)) continue;
    recent.set(address, bytes, c.var.now + KEPT);
    c.executionCtx.waitUntil(cacheBody(address, bytes.length, KEPT, async () => new Blob([bytes]).stream()));
  }
}
