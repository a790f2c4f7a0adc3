import * as z from "zod";
import type { PackageContents } from "./package-check.ts";

/**
 * What is in the packages of one worker's stable releases, by file name, yanked and blocked ones included: a manifest that is not up
 * to date may list them still. KV key `packages:<worker id>`.
 */
export type PackageRecord = Record<string, PackageContents>;

const PackageRow = z.object({
  filename: z.string(),
  pkginfo: z.string(),
  files: z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text))),
});

/** A worker's packages, as the ledger has them. Throws what D1 throws. */
export async function packagesFromLedger(db: D1Database, workerId: string): Promise<PackageRecord> {
  const { results } = await db
    .prepare(
      `SELECT filename, pkginfo, files FROM packages JOIN artifacts ON artifacts.id = artifact_id
       JOIN releases ON releases.id = release_id
       WHERE worker_id = ? AND releases.status <> 'draft' AND channel = 'stable'`,
    )
    .bind(workerId)
    .all();
  const rows = results.map((row) => PackageRow.parse(row));
  return Object.fromEntries(rows.map(({ filename, pkginfo, files }) => [filename, { pkginfo, files }]));
}

/** Keeps what is in a package beside its artifact, if the change that adds the artifact takes effect. */
export const insertPackage = (
  db: D1Database,
  artifactId: string,
  { pkginfo, files }: PackageContents,
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO packages (artifact_id, pkginfo, files) SELECT ?1, ?2, ?3
       WHERE EXISTS (SELECT 1 FROM artifacts WHERE id = ?1)`,
    )
    .bind(artifactId, pkginfo, JSON.stringify(files));
