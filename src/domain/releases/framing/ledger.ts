import * as z from "zod";
import { defaultBuild } from "../build.ts";
import { type Artifact, ArtifactRow } from "../store.ts";
import type { FramedRecord } from "./framing.ts";
import { FramedRow } from "./store.ts";

/** The framed files of one worker's releases, by format. Throws D1's errors. */
export const framedFilesFromLedger = (db: D1Database, workerId: string): Promise<Map<string, FramedRecord>> =>
  select(db, workerId, null);

/**
 * The framed files of one format and worker, as the ledger has them: those of all builds, of a platform and release the
 * default one's first. Files of its other builds have the same name. Yanked and blocked releases are included. Throws
 * D1's errors.
 */
export const framedFromLedger = async (db: D1Database, format: string, workerId: string): Promise<FramedRecord> =>
  (await select(db, workerId, format)).get(format) ?? { files: [] };

/** The number of a worker's framed files and their latest change, as one text. Throws D1's errors. */
export async function framedFilesMark(db: D1Database, workerId: string): Promise<string> {
  const mark = await db
    .prepare(
      `SELECT count(*) || ':' || coalesce(max(framed_files.last_change), '') AS mark FROM framed_files
       JOIN artifacts ON artifacts.id = artifact_id JOIN releases ON releases.id = release_id WHERE worker_id = ?`,
    )
    .bind(workerId)
    .first<string>("mark");
  return mark ?? "";
}

async function select(db: D1Database, workerId: string, format: string | null): Promise<Map<string, FramedRecord>> {
  const ofThem = "releases.worker_id = ?1 AND releases.status <> 'draft'";
  const [framed, artifacts, releases] = await db.batch([
    db
      .prepare(
        `SELECT framed_files.* FROM framed_files JOIN artifacts ON artifacts.id = artifact_id
         JOIN releases ON releases.id = release_id WHERE ${ofThem} AND (?2 IS NULL OR format = ?2)`,
      )
      .bind(workerId, format),
    db
      .prepare(`SELECT artifacts.* FROM artifacts JOIN releases ON releases.id = release_id WHERE ${ofThem}`)
      .bind(workerId),
    db.prepare(`SELECT id, version FROM releases WHERE ${ofThem}`).bind(workerId),
  ]);
  const versions = new Map(
    (releases?.results ?? []).map((row) => {
      const { id, version } = z.object({ id: z.string(), version: z.string() }).parse(row);
      return [id, version];
    }),
  );
  const rows = Map.groupBy(
    (framed?.results ?? []).map((row) => FramedRow.parse(row)),
    ({ artifact_id }) => artifact_id,
  );
  const found = new Map<string, FramedRecord["files"]>();
  for (const build of defaultsFirst((artifacts?.results ?? []).map((row) => ArtifactRow.parse(row)))) {
    const version = versions.get(build.release_id);
    if (version === undefined) continue;
    for (const { format: name, filename, size, sha256, frame_key, layout, listing } of rows.get(build.id) ?? []) {
      const file = { version, stored: build.filename, filename, size, sha256, frame_key, layout, index: listing };
      found.set(name, [...(found.get(name) ?? []), file]);
    }
  }
  return new Map([...found].map(([name, files]) => [name, { files }]));
}

/** The ready builds. Of a platform and release, the default one comes first. */
function defaultsFirst(artifacts: readonly Artifact[]): Artifact[] {
  const ready = artifacts.filter(({ state }) => state === "ready");
  const groups = Map.groupBy(ready, ({ release_id, platform }) => `${release_id} ${platform}`);
  return [...groups.values()].flatMap((group) => {
    const build = defaultBuild(group, group[0]?.platform ?? "");
    return build ? [build, ...group.filter((one) => one !== build)] : [];
  });
}
