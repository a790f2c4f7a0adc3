import type { UnixSeconds } from "../../../lib/time.ts";
import type { Refusal } from "../../../platform/http/problem.ts";
import { type Actor, ifChanged } from "../../../platform/storage/ledger.ts";
import type { SavedSummation } from "../framing/summation.ts";
import { type Artifact, ArtifactRow, type Release } from "../store.ts";
import { type CheckProgress, CheckRow, keptRefusal, progressOf } from "./check-record.ts";
import type { SavedMeasurement } from "./measurement.ts";

/**
 * Asks for the check of the upload that `artifact` was read with. A check of this upload that is under way goes on,
 * with this actor and these signatures. Writes nothing if that upload is over. Not in the audit trail: its result is.
 * Throws D1's errors.
 */
export async function requestCheck(
  db: D1Database,
  { actor, requestId, now }: Actor,
  { id, upload_id }: Artifact,
  { signature, pgpSignature }: { signature: string | null; pgpSignature: string | null },
): Promise<void> {
  await db.batch([
    db
      .prepare(
        `DELETE FROM artifact_checks WHERE artifact_id = ?1 AND (state = 'refused' OR upload_id <> ?2)
         AND EXISTS (SELECT 1 FROM artifacts WHERE id = ?1 AND upload_id = ?2)`,
      )
      .bind(id, upload_id),
    db
      .prepare(
        `INSERT INTO artifact_checks (artifact_id, upload_id, actor, request_id, requested_at, signature, pgp_signature, progressed_at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5
         WHERE EXISTS (SELECT 1 FROM artifacts WHERE id = ?1 AND upload_id = ?2 AND state = 'uploading')
         ON CONFLICT (artifact_id) DO UPDATE SET actor = excluded.actor, request_id = excluded.request_id,
           requested_at = excluded.requested_at, signature = excluded.signature,
           pgp_signature = coalesce(excluded.pgp_signature, pgp_signature)`,
      )
      .bind(id, upload_id, actor, requestId, now, signature, pgpSignature),
  ]);
}

/**
 * An artifact and its check that is under way; null if it is not, or is for an upload that the artifact no longer has.
 * Throws D1's errors.
 */
export async function readRunningCheck(
  db: D1Database,
  artifactId: string,
): Promise<{ artifact: Artifact; check: CheckRow } | null> {
  const [artifacts, checks] = await db.batch([
    db.prepare("SELECT * FROM artifacts WHERE id = ? AND state = 'uploading'").bind(artifactId),
    db.prepare("SELECT * FROM artifact_checks WHERE artifact_id = ? AND state = 'running'").bind(artifactId),
  ]);
  const [row] = artifacts?.results ?? [];
  const [checkRow] = checks?.results ?? [];
  if (!row || !checkRow) return null;
  const [artifact, check] = [ArtifactRow.parse(row), CheckRow.parse(checkRow)];
  return check.upload_id === artifact.upload_id ? { artifact, check } : null;
}

/** The progress of the checks of a release's files at `now`, by artifact id. Throws D1's errors. */
export async function readProgress(
  db: D1Database,
  { id, artifacts }: Pick<Release, "id" | "artifacts">,
  now: UnixSeconds,
): Promise<ReadonlyMap<string, CheckProgress>> {
  const { results } = await db
    .prepare("SELECT * FROM artifact_checks WHERE artifact_id IN (SELECT id FROM artifacts WHERE release_id = ?)")
    .bind(id)
    .all();
  const checks = new Map(results.map((row) => CheckRow.parse(row)).map((check) => [check.artifact_id, check]));
  return new Map(
    artifacts.flatMap((artifact) => {
      const progress = progressOf(artifact, checks.get(artifact.id) ?? null, now);
      return progress === null ? [] : [[artifact.id, progress] as const];
    }),
  );
}

/** Whether a check of the upload that `artifact` was read with is under way. Throws D1's errors. */
export const isUnderCheck = async (db: D1Database, { id, upload_id }: Artifact): Promise<boolean> =>
  (await db
    .prepare("SELECT 1 FROM artifact_checks WHERE artifact_id = ? AND upload_id = ? AND state = 'running'")
    .bind(id, upload_id)
    .first()) !== null;

/**
 * The state after a step: R2's name for the bytes, the hashes of the first of them (null: none yet), and the sums of
 * the packages.
 */
export type Reached = { etag: string; measured: SavedMeasurement | null; framing: SavedSummation | null };

/**
 * Keeps what a step has reached after the state of `check`, and returns the check afterwards. Null, with nothing
 * written, if the check has ended or another step was faster. Throws D1's errors.
 */
export async function saveProgress(
  db: D1Database,
  check: CheckRow,
  { etag, measured, framing }: Reached,
  now: UnixSeconds,
): Promise<CheckRow | null> {
  const { checked, blake2b512, sha256 } = measured ?? { checked: 0, blake2b512: null, sha256: null };
  const row = await db
    .prepare(
      `UPDATE artifact_checks SET etag = ?, checked = ?, blake2b512 = ?, sha256 = ?, framing = ?, progressed_at = ?
       WHERE artifact_id = ? AND upload_id = ? AND state = 'running' AND checked = ? AND framing IS ? RETURNING *`,
    )
    .bind(
      ...[etag, checked, blake2b512, sha256, framing && JSON.stringify(framing), now],
      ...[check.artifact_id, check.upload_id, check.checked, check.framing],
    )
    .first();
  return row === null ? null : CheckRow.parse(row);
}

/** Ends a check without touching the upload, which can be checked again. Throws D1's errors. */
export async function refuseCheck(
  db: D1Database,
  { artifact_id, upload_id }: CheckRow,
  refusal: Refusal,
): Promise<void> {
  await db
    .prepare(
      "UPDATE artifact_checks SET state = 'refused', problem = ? WHERE artifact_id = ? AND upload_id = ? AND state = 'running'",
    )
    .bind(keptRefusal(refusal), artifact_id, upload_id)
    .run();
}

/** The statement that ends the check of an upload, in the change of the release that discards the upload. */
export const refusalWrite = (
  db: D1Database,
  { id, release_id, upload_id }: Artifact,
  refusal: Refusal,
  changeId: string,
): D1PreparedStatement =>
  ifChanged(
    db,
    { table: "releases", id: release_id },
    changeId,
    `UPDATE artifact_checks SET state = 'refused', problem = ?
     WHERE artifact_id = ? AND upload_id = ? AND state = 'running' AND TOOK_EFFECT`,
    keptRefusal(refusal),
    id,
    upload_id,
  );

/** The statement that removes the check of a file, in the change that makes the file ready. */
export const passedWrite = (db: D1Database, { id, release_id }: Artifact, changeId: string): D1PreparedStatement =>
  ifChanged(
    db,
    { table: "releases", id: release_id },
    changeId,
    "DELETE FROM artifact_checks WHERE artifact_id = ? AND TOOK_EFFECT",
    id,
  );

/**
 * Up to `limit` artifacts whose check has not progressed since `before` and was asked for after `since`, oldest
 * first.
 */
export async function listStalledChecks(
  db: D1Database,
  { before, since, limit }: { before: UnixSeconds; since: UnixSeconds; limit: number },
): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT artifact_id FROM artifact_checks WHERE state = 'running' AND progressed_at <= ? AND requested_at > ?
       ORDER BY progressed_at LIMIT ?`,
    )
    .bind(before, since, limit)
    .all<{ artifact_id: string }>();
  return results.map(({ artifact_id }) => artifact_id);
}
