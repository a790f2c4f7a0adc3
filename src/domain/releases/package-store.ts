import * as z from "zod";
import { ifChanged } from "../../platform/storage/ledger.ts";
import type { PackageContents, PackageFormat } from "./package-format.ts";

/**
 * The contents of the packages of one worker's stable releases, by file name. Yanked and blocked releases are included, because a
 * stale manifest may list them still. KV key `packages:<worker id>`.
 */
export type PackageRecord = Record<string, PackageContents>;

const PackageRow = z.object({
  filename: z.string(),
  contents: z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(z.record(z.string(), z.union([z.string(), z.array(z.string())]))),
});

/** A worker's packages, as the ledger has them. Throws D1's errors. */
export async function packagesFromLedger(db: D1Database, workerId: string): Promise<PackageRecord> {
  const { results } = await db
    .prepare(
      `SELECT filename, contents FROM packages JOIN artifacts ON artifacts.id = artifact_id
       JOIN releases ON releases.id = release_id
       WHERE worker_id = ? AND releases.status <> 'draft' AND channel = 'stable'`,
    )
    .bind(workerId)
    .all();
  return Object.fromEntries(results.map((row) => PackageRow.parse(row)).map((row) => [row.filename, row.contents]));
}

/** The statement that stores the contents of a package, in the transaction of the change of its release. */
export const packageInsert = (
  db: D1Database,
  artifact: { id: string; release_id: string },
  { format, contents }: { format: PackageFormat; contents: PackageContents },
  changeId: string,
): D1PreparedStatement =>
  ifChanged(
    db,
    { table: "releases", id: artifact.release_id },
    changeId,
    "INSERT INTO packages (artifact_id, format, contents) SELECT ?, ?, ? WHERE TOOK_EFFECT",
    ...[artifact.id, format.rules.name, JSON.stringify(contents)],
  );
