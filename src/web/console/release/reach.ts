import * as z from "zod";
import { grantsRelease, grantsWorker } from "../../../domain/licensing/grant.ts";
import { statusCondition } from "../../../domain/licensing/license/record.ts";
import type { Release } from "../../../domain/releases/store.ts";
import { DAY, startOfDay, type UnixSeconds } from "../../../lib/time.ts";
import { countDownloadingLicenses, DOWNLOADS_SINCE, unlessDown } from "../../../platform/usage/read.ts";

/** The period of download counts, in days. */
export const REACH_DAYS = 30;

/** The use of a release in the last `REACH_DAYS`. */
export type ReleaseUse = {
  downloads: number;
  /** Licenses with a download. 0 for a free worker, because its downloads carry no license. */
  licenses: number;
  platforms: { platform: string; downloads: number }[];
};

/** How much a release is used, for the preview of a yank or block. Null if the statistics are down. */
export const readReleaseUse = (
  statistics: D1Database,
  release: Pick<Release, "worker_id" | "version">,
  now: UnixSeconds,
): Promise<ReleaseUse | null> => unlessDown(readUse(statistics, release, now));

async function readUse(
  statistics: D1Database,
  { worker_id, version }: Pick<Release, "worker_id" | "version">,
  now: UnixSeconds,
): Promise<ReleaseUse> {
  const from = startOfDay(now) - (REACH_DAYS - 1) * DAY;
  const [licenses, { results }] = await Promise.all([
    countDownloadingLicenses(statistics, { worker_id, version }, { from, before: now + 1 }),
    statistics
      .prepare(
        `SELECT platform, sum(count) AS downloads FROM ${DOWNLOADS_SINCE} WHERE worker_id = ?2 AND version = ?3
         GROUP BY platform ORDER BY downloads DESC, platform`,
      )
      .bind(from, worker_id, version)
      .all(),
  ]);
  const platforms = z.array(z.object({ platform: z.string(), downloads: z.number() })).parse(results);
  return { downloads: platforms.reduce((sum, { downloads }) => sum + downloads, 0), licenses, platforms };
}

const GrantRow = z.object({
  entitlements: z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text))),
  versions: z.string(),
  updates_until: z.number().nullable(),
  licenses: z.number(),
});

/** Counts the licenses in force that grant a release, checking each different grant once. Throws if D1 fails. */
export async function countEntitledLicenses(
  db: D1Database,
  release: Pick<Release, "worker_id" | "version" | "published_at">,
  now: UnixSeconds,
): Promise<number> {
  const { results } = await db
    .prepare(
      `SELECT entitlements, versions, updates_until, count(*) AS licenses FROM licenses WHERE ${statusCondition("active")}
       GROUP BY entitlements, versions, updates_until`,
    )
    .bind(now)
    .all();
  const published = { version: release.version, published_at: release.published_at ?? now };
  return results
    .map((row) => GrantRow.parse(row))
    .filter((grant) => grantsWorker(grant, release.worker_id) && grantsRelease(grant, published))
    .reduce((sum, { licenses }) => sum + licenses, 0);
}
