import * as z from "zod";
import type { Refusal } from "../../platform/http/problem.ts";
import { ifChanged } from "../../platform/storage/ledger.ts";
import { STATEMENT_SUFFIX } from "./source/statement.ts";
import type { Release } from "./store.ts";

const BlockedRow = z.object({ sha256: z.string(), worker_id: z.string(), version: z.string() });

/** Bytes that were blocked, with a release that had them. */
export type BlockedFile = z.infer<typeof BlockedRow>;

/** Those of `files` whose bytes were blocked with a release of any worker, also if its block was lifted since. */
export async function findBlocked(db: D1Database, files: readonly { sha256: string }[]): Promise<BlockedFile[]> {
  const { results } = await db
    .prepare(
      `SELECT sha256, worker_id, version FROM blocked_files
       WHERE sha256 IN (SELECT value FROM json_each(?)) ORDER BY sha256, release_id`,
    )
    .bind(JSON.stringify(files.map(({ sha256 }) => sha256)))
    .all();
  return results.map((row) => BlockedRow.parse(row));
}

/** The sentence why blocked bytes are not offered again; null if none of `files` was blocked. Throws D1's errors. */
export async function obstacleOfBlock(db: D1Database, files: readonly { sha256: string }[]): Promise<string | null> {
  const [blocked] = await findBlocked(db, files);
  if (!blocked) return null;
  const { sha256, worker_id, version } = blocked;
  return `The file or source statement with the SHA-256 ${sha256} was blocked with ${worker_id} ${version}. It is never offered again: build it anew.`;
}

/** The refusal of a file with blocked bytes, as `complete` answers it. */
export const blockedFileRefusal = (message: string): Refusal => ({
  code: "VALIDATION_FAILED",
  detail: message,
  extras: { errors: [{ path: "sha256", message }] },
});

/**
 * The statements that note the sums of a release's source statement as blocked, in the change that lifts its block and
 * frees its version: everybody can read the statement's signature, and attach it to a release of the version again.
 */
export const sourceBlockWrites = (
  db: D1Database,
  { id, worker_id, version }: Pick<Release, "id" | "worker_id" | "version">,
  sums: readonly { sha256: string }[],
  made: { id: string; at: number },
): D1PreparedStatement[] =>
  sums.map(({ sha256 }) =>
    ifChanged(
      db,
      { table: "releases", id },
      made.id,
      `INSERT OR IGNORE INTO blocked_files (sha256, release_id, worker_id, version, filename, blocked_at)
       SELECT ?, ?, ?, ?, ?, ? WHERE TOOK_EFFECT`,
      ...[sha256, id, worker_id, version, `${worker_id}-${version}${STATEMENT_SUFFIX}`, made.at],
    ),
  );

/** The statement that notes the bytes of a release and of its provenance as blocked, in the change that blocks it. */
export const blockWrite = (
  db: D1Database,
  { id, worker_id, version }: Pick<Release, "id" | "worker_id" | "version">,
  made: { id: string; at: number },
): D1PreparedStatement =>
  ifChanged(
    db,
    { table: "releases", id },
    made.id,
    `INSERT OR IGNORE INTO blocked_files (sha256, release_id, worker_id, version, filename, blocked_at)
     SELECT sha256, release_id, ?, ?, filename, ? FROM (
       SELECT sha256, release_id, filename FROM artifacts UNION ALL SELECT sha256, release_id, 'provenance' FROM provenance
     ) WHERE release_id = ? AND TOOK_EFFECT`,
    ...[worker_id, version, made.at, id],
  );
