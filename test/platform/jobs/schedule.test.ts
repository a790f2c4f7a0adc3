import { describe, expect, it } from "vitest";
import { HOUR, MINUTE } from "../../../src/lib/time.ts";
import { shortJob } from "../../../src/platform/jobs/job.ts";
import { always, dueJobs, isHourly, onRequest } from "../../../src/platform/jobs/schedule.ts";

const NOON = 1_800_000_000 - (1_800_000_000 % (24 * HOUR)) + 12 * HOUR;

const work = async () => {};
const jobs = [
  shortJob("each-minute", always, work),
  shortJob("each-hour", isHourly, work),
  shortJob("asked-for", onRequest, work),
];

const due = (sentAt: number | null, now: number) =>
  dueJobs(jobs, sentAt, now).map(({ job, scheduled_at }) => [job, scheduled_at - NOON]);

describe("the jobs that are due", () => {
  it("are those of this minute, if the cron sent messages a minute ago", () => {
    expect(due(NOON - MINUTE, NOON)).toEqual([
      ["each-minute", 0],
      ["each-hour", 0],
    ]);
    expect(due(NOON, NOON + MINUTE)).toEqual([["each-minute", MINUTE]]);
  });

  it("include an hourly job of a minute that the cron missed, once", () => {
    expect(due(NOON - 3 * HOUR, NOON + 5 * MINUTE)).toEqual([
      ["each-minute", 5 * MINUTE],
      ["each-hour", 0],
    ]);
  });

  it("are counted by whole minutes, so a late trigger starts no hourly job twice", () => {
    expect(due(NOON + 2, NOON + MINUTE + 1)).toEqual([["each-minute", MINUTE]]);
  });

  it("are those of this minute alone before the first run, and if the cron is triggered again in its minute", () => {
    expect(due(null, NOON + MINUTE)).toEqual([["each-minute", MINUTE]]);
    expect(due(NOON, NOON + 30)).toEqual(due(null, NOON));
    expect(due(NOON + HOUR, NOON)).toEqual(due(null, NOON));
  });

  it("are looked for in the last day at most", () => {
    let asked = 0;
    const counting = shortJob("never", () => ++asked < 0, work);
    expect(dueJobs([counting], 1, NOON)).toEqual([]);
    expect(asked).toBe(1440);
  });
});
