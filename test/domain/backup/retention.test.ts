import { describe, expect, it } from "vitest";
import { backupIdAt } from "../../../src/domain/backup/format.ts";
import { outdatedBackups } from "../../../src/domain/backup/retention.ts";
import { DAY, HOUR } from "../../../src/lib/time.ts";

const NOW = Date.UTC(2026, 10, 28, 3) / 1000;

/** The ids of daily backups at 02:00, the last `days` days until today. */
const daily = (days: number) =>
  Array.from({ length: days }, (_, back) => backupIdAt(Date.UTC(2026, 10, 28 - back, 2) / 1000)).reverse();

const kept = (ids: readonly string[], now = NOW) => {
  const outdated = new Set(outdatedBackups(ids, now));
  return ids.filter((id) => !outdated.has(id));
};

describe("old backups", () => {
  it("are kept for 30 days, and then the first one of each of 12 months", () => {
    const days = kept(daily(800));
    expect(days.slice(0, 12)).toEqual([
      ...["2025-12-01", "2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01"].map(
        (day) => `${day}T02-00-00Z`,
      ),
      ...["2026-06-01", "2026-07-01", "2026-08-01", "2026-09-01", "2026-10-01", "2026-10-30"].map(
        (day) => `${day}T02-00-00Z`,
      ),
    ]);
    expect(days).toHaveLength(41);
  });

  it("are the same if they are deleted every day", () => {
    let ids: string[] = [];
    for (let at = NOW - 800 * DAY; at <= NOW; at += DAY) ids = kept([...ids, backupIdAt(at - HOUR)], at);
    expect(ids.map((id) => id.slice(0, 10))).toEqual(kept(daily(800)).map((id) => id.slice(0, 10)));
  });

  it("stay if no newer one exists", () => {
    expect(outdatedBackups(["2020-01-02T02-00-00Z"], NOW)).toEqual([]);
    expect(outdatedBackups([], NOW)).toEqual([]);
    expect(outdatedBackups(["2020-01-02T02-00-00Z", "2020-02-02T02-00-00Z"], NOW)).toEqual(["2020-01-02T02-00-00Z"]);
  });
});
