import { DAY, HOUR } from "../../../lib/time.ts";
import { readWatermark } from "../../../platform/storage/watermark.ts";
import { BACKUP_MARK } from "../../backup/finish.ts";
import { BackupSummary, listBackups } from "../../backup/store.ts";
import { listStalledChecks } from "../../releases/artifact/check-store.ts";
import { checkBackup, checkBackupBucket, checkFileChecks } from "../check/kept.ts";
import type { Examination } from "../scope.ts";

const backup: Examination = {
  checks: ["backup"],
  async look({ env, now }) {
    const [{ at, position }, markedAt, { backups }] = await Promise.all([
      readWatermark(env.DB, BACKUP_MARK),
      env.DB.prepare("SELECT marked_at FROM deployment").first<number>("marked_at"),
      listBackups(env.BACKUPS),
    ]);
    const recorded = position === null ? null : BackupSummary.parse(JSON.parse(position)).id;
    return [
      checkBackup({ at, markedAt }, now),
      ...checkBackupBucket({ recorded, isThere: backups.some(({ id }) => id === recorded) }),
    ];
  },
};

/** How long a check of a file may stand still, in seconds, and how long the doctor looks back. */
const STALLED = HOUR;
const LOOKED_BACK = 30 * DAY;

/** The number of files that a finding names. */
const NAMED = 5;

const fileChecks: Examination = {
  checks: ["file-check"],
  async look({ env, now }) {
    const within = { before: now - STALLED, since: now - LOOKED_BACK, limit: NAMED };
    return [checkFileChecks(await listStalledChecks(env.DB, within))];
  },
};

/** The checks of backups and of files that the service keeps. */
export const KEPT_EXAMINATIONS: readonly Examination[] = [backup, fileChecks];
