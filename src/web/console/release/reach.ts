import * as z from "zod";
import { grantsRelease, grantsWorker } from "../../../domain/licensing/grant.ts";
import { statusCondition } from "../../../domain/licensing/license/record.ts";
import type { Release } from "../../../domain/releases/store.ts";
import { DAY, type UnixSeconds } from "../../../lib/time.ts";

/** The period of download counts, in days. */
export const REACH_DAYS = 30;

/** The use of a release in the last `REACH_DAYS`. */
export type ReleaseUse = {
  downloads: number;
  /** Licenses with a download. 0 for a free worker, because its downloads carry no license. */
  licenses: number;
  platforms: { platform: string; downloads: number }[];
};

/** Reads how much a release is used, for the preview of a yank or block. Throws if D1 fails. */
export async function readReleaseUse(
  db: D1Database,
  { worker_id, version }: Pick<Release, "worker_id" | "version">,
  now: UnixSeconds,
): Promise<ReleaseUse> {
  const counts = "FROM downloads WHERE worker_id = ? AND version = ? AND at > ?";
  const [totals, platforms] = await db.batch(
    [
      `SELECT count(*) AS downloads, count(DISTINCT license_id) AS licenses ${counts}`,
      `SELECT platform, count(*) AS downloads ${counts} GROUP BY platform ORDER BY downloads DESC, platform`,
    ].map((sql) => db.prepare(sql).bind(worker_id, version, now - REACH_DAYS * DAY)),
  );
  const Totals = z.object({ downloads: z.number(), licenses: z.number() });
  const Platform = z.object({ platform: z.string(), downloads: z.number() });
  return { ...Totals.parse(totals?.results[0]), platforms: z.array(Platform).parse(platforms?.results) };
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
