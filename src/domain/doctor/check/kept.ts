import { HOUR, type UnixSeconds } from "../../../lib/time.ts";
import { type Finding, fail, pass, warn } from "../finding.ts";
import { span } from "./work.ts";

/** The ages of the last daily backup, in seconds, from which the doctor warns, and reports a failure. */
const BACKUP_LATE = 26 * HOUR;
const BACKUP_MISSED = 50 * HOUR;

/** The time of the last finished backup (0: none), and that of the ledger's mark (null: none, as in development). */
export type BackupFacts = { at: UnixSeconds; markedAt: UnixSeconds | null };

/** Whether the daily backup is made. A young deployment has none yet. */
export function checkBackup({ at, markedAt }: BackupFacts, now: UnixSeconds): Finding {
  if (at === 0) {
    const isYoung = markedAt === null || now - markedAt < BACKUP_LATE;
    const detail = "There is no backup yet. The cron makes one each day from 02:00 UTC.";
    return isYoung ? pass("backup", detail) : fail("backup", detail);
  }
  const age = now - at;
  const detail = `The last backup finished ${span(age)} ago.`;
  if (age > BACKUP_MISSED) return fail("backup", detail);
  return age > BACKUP_LATE ? warn("backup", detail) : pass("backup", detail);
}

/** The last backup that the ledger records (null: none), and whether the bucket has it. */
export type BackupBucketFacts = { recorded: string | null; isThere: boolean };

/** One finding if the bucket of backups lacks the last one; else none. */
export const checkBackupBucket = ({ recorded, isThere }: BackupBucketFacts): Finding[] =>
  recorded === null || isThere ? [] : [fail("backup", `The bucket lacks the last backup, ${recorded}.`)];

/** Whether the checks of uploaded files move. `stalled`: the files whose check does not. */
export function checkFileChecks(stalled: readonly string[]): Finding {
  if (stalled.length === 0) return pass("file-check", "No check of a file stands still.");
  return fail("file-check", `For an hour nothing has moved in the check of ${stalled.join(", ")}.`);
}
