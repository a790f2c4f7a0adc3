import { repositoryAsker, SEND_BASIC } from "../../domain/delivery/authorization.ts";
import { listFramed, readableOffers } from "../../domain/delivery/framed/listing.ts";
import { IsolateCache, SMALL_CACHE } from "../../lib/isolate.ts";
import { HOUR } from "../../lib/time.ts";
import { cacheBody, cachedWhole } from "../../platform/http/edge-cache.ts";
import type { AppContext } from "../../platform/http/route.ts";
import { settle } from "../../platform/storage/settle.ts";
import { listedPackage } from "./lists.ts";
import { ARCHITECTURES, type RpmArch } from "./package/names.ts";
import { listFile, type Repodata, repodataOf, repodataTime } from "./repomd.ts";
import { REPOSITORIES, type RepositoryName } from "./repository.ts";

/** The metadata by its content: all askers with the same packages share one. */
const made = new IsolateCache<Repodata>(100, SMALL_CACHE / 2);

/** The addresses under which this isolate has put lists into the cache of the data center. */
const isKept = new IsolateCache<true>(2_000);

/** The metadata of a repository for the asker of a request. */
export type AskedRepodata = {
  repodata: Repodata;
  /**
   * The bytes of a list by its file name; null if there is none. A client that read `repomd.xml` just before a change
   * gets the list that it names, if this data center gave it out within the hour.
   */
  list(file: string): Promise<Uint8Array<ArrayBuffer> | null>;
};

/**
 * The metadata of a repository for an architecture, made for the asker: every published stable version that they may
 * have. Throws CREDENTIAL_REQUIRED for the premium repository without a credential, and the problem of a refused
 * license or activation.
 */
export async function askedRepodata(c: AppContext, repository: RepositoryName, arch: RpmArch): Promise<AskedRepodata> {
  const tier = REPOSITORIES[repository];
  const asker = await repositoryAsker(c, tier, `${repository} needs a license. ${SEND_BASIC}`);
  const wanted = { tier, format: "rpm", platforms: [ARCHITECTURES[arch]], channel: "stable" } as const;
  const { offers } = await listFramed(c, wanted, asker, (changes) => settle(c, changes));
  const packages = readableOffers(offers, listedPackage).map(({ facts }) => facts);
  const at = repodataTime(c.var.now);
  const key = [at, ...packages.map(({ filename, sha256 }) => `${filename} ${sha256}`)].join("\n");
  const repodata = made.get(key, c.var.now) ?? (await repodataOf(packages, at));
  made.set(key, repodata, c.var.now + HOUR);
  const { lists } = repodata;
  // Each asker finds only lists that were made for its license. No route answers these addresses.
  const address = (file: string) =>
    `${c.var.config.PUBLIC_URL}/rpm/${repository}/kept/${asker?.licenseId ?? "free"}/${file}`;
  for (const list of lists) {
    const kept = address(listFile(list));
    if (isKept.get(kept, c.var.now)) continue;
    isKept.set(kept, true, c.var.now + HOUR);
    const whole = () => Promise.resolve(new Blob([list.bytes]).stream());
    c.executionCtx.waitUntil(cacheBody(kept, list.bytes.length, HOUR, whole));
  }
  return {
    repodata,
    async list(file) {
      const known = lists.find((list) => listFile(list) === file);
      if (known) return known.bytes;
      const earlier = await cachedWhole(address(file));
      return earlier && new Uint8Array(await earlier.arrayBuffer());
    },
  };
}
