import type { UnixSeconds } from "../../../lib/time.ts";
import type { MarkKind, TrialMark } from "./mark.ts";

/** The same marks, owned by another license than `?2`. `?1` is the marks as JSON. */
const OTHERS = `SELECT mark.kind FROM json_each(?1) AS wanted
  JOIN trial_marks AS mark ON mark.kind = wanted.value ->> 'kind' AND mark.hash = wanted.value ->> 'hash'
  WHERE mark.license_id IS NOT ?2`;

/** The statement that gives a license its marks: all of them, or none if another license has one. Idempotent. */
export const marksTaken = (
  db: D1Database,
  licenseId: string,
  marks: readonly TrialMark[],
  now: UnixSeconds,
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO trial_marks (kind, hash, license_id, made_at)
       SELECT wanted.value ->> 'kind', wanted.value ->> 'hash', licenses.id, ?3
       FROM json_each(?1) AS wanted JOIN licenses ON licenses.id = ?2
       WHERE NOT EXISTS (${OTHERS}) ON CONFLICT DO NOTHING`,
    )
    .bind(JSON.stringify(marks), licenseId, now);

/** The statement that gives a license those of the marks that no license has. Idempotent. */
export const freeMarksTaken = (
  db: D1Database,
  licenseId: string,
  marks: readonly TrialMark[],
  now: UnixSeconds,
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO trial_marks (kind, hash, license_id, made_at)
       SELECT wanted.value ->> 'kind', wanted.value ->> 'hash', licenses.id, ?3
       FROM json_each(?1) AS wanted JOIN licenses ON licenses.id = ?2 WHERE true ON CONFLICT DO NOTHING`,
    )
    .bind(JSON.stringify(marks), licenseId, now);

/**
 * The kind of the first of these marks that another license has (`licenseId` null: any license), or null. Throws D1's
 * errors.
 */
export async function findTrial(
  db: D1Database,
  marks: readonly TrialMark[],
  licenseId: string | null,
): Promise<MarkKind | null> {
  if (marks.length === 0) return null;
  const read = db.prepare(`${OTHERS} ORDER BY mark.kind LIMIT 1`).bind(JSON.stringify(marks), licenseId);
  return read.first<MarkKind>("kind");
}

/** Whether a license has a mark of its own: its trial is known. Throws D1's errors. */
export async function hasMark(db: D1Database, licenseId: string): Promise<boolean> {
  const read = db.prepare("SELECT 1 AS found FROM trial_marks WHERE license_id = ? LIMIT 1").bind(licenseId);
  return (await read.first("found")) !== null;
}

/**
 * Notes a machine in the trial of a license, unless it has been in another's, and returns whether it may take a seat
 * there. Of two licenses that come at the same time, one gets the machine. Throws D1's errors.
 */
export async function takeMachineForTrial(
  db: D1Database,
  licenseId: string,
  mark: TrialMark,
  now: UnixSeconds,
): Promise<boolean> {
  const [, owner] = await db.batch<{ license_id: string }>([
    freeMarksTaken(db, licenseId, [mark], now),
    db.prepare("SELECT license_id FROM trial_marks WHERE kind = ? AND hash = ?").bind(mark.kind, mark.hash),
  ]);
  return owner?.results[0]?.license_id === licenseId;
}
