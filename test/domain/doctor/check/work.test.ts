import { describe, expect, it } from "vitest";
import { checkBackup, checkBackupBucket, checkFileChecks } from "../../../../src/domain/doctor/check/kept.ts";
import {
  checkBacklog,
  checkCron,
  checkDeadLetters,
  checkDelivery,
  checkJobs,
  checkQueues,
  span,
} from "../../../../src/domain/doctor/check/work.ts";
import { DAY, HOUR, MINUTE } from "../../../../src/lib/time.ts";

const NOW = 1_800_000_000;

const JOB = {
  name: "mails",
  started_at: NOW - 20,
  finished_at: NOW - 19,
  duration_ms: 12,
  failed_at: null,
  last_error: null,
  failures: 0,
};

it.each([
  [0, "0 s"],
  [119, "119 s"],
  [2 * MINUTE, "2 min"],
  [2 * HOUR, "2 h"],
  [3 * DAY, "3 days"],
])("span: %i seconds are %s", (seconds, words) => {
  expect(span(seconds)).toBe(words);
});

it.each([
  ["has never run", 0, "failed"],
  ["ran a minute ago", NOW - MINUTE, "ok"],
  ["ran four minutes ago", NOW - 4 * MINUTE, "warning"],
  ["ran eleven minutes ago", NOW - 11 * MINUTE, "failed"],
])("checkCron: a cron that %s", (_case, at, status) => {
  expect(checkCron(at, NOW).status).toBe(status);
});

describe("checkJobs", () => {
  it("passes if no job fails, also before the first run", () => {
    expect(checkJobs([], NOW).map(({ status }) => status)).toEqual(["ok"]);
    expect(checkJobs([JOB], NOW).map(({ status }) => status)).toEqual(["ok"]);
  });

  it("names each failing job with its error, and fails once the queue has given it up", () => {
    const once = { ...JOB, name: "backup", failures: 1, failed_at: NOW - 60, last_error: "R2 is down" };
    const often = { ...once, name: "reconcile", failures: 5 };
    expect(checkJobs([JOB, once, often], NOW)).toMatchObject([
      { subject: "backup", status: "warning", detail: expect.stringContaining("60 s ago: R2 is down") },
      { subject: "reconcile", status: "failed" },
    ]);
  });
});

it.each([
  ["the cron has sent none yet", [], 0, "ok"],
  ["they arrive", [JOB], NOW - 10, "ok"],
  ["none has ever arrived", [], NOW - 10, "failed"],
  ["none has arrived for an hour", [{ ...JOB, started_at: NOW - HOUR }], NOW - 10, "failed"],
])("checkDelivery: messages of jobs, if %s", (_case, jobs, cronAt, status) => {
  expect(checkDelivery(jobs, cronAt).status).toBe(status);
});

it("checkQueues: a queue fails that does not answer, or whose messages nobody takes", () => {
  const queues = [
    { name: "jobs", waiting: 3, oldestMs: (NOW - 60) * 1000 },
    { name: "downloads", waiting: 900, oldestMs: (NOW - HOUR) * 1000 },
    { name: "other", error: "no such queue" },
  ];
  expect(checkQueues(queues, NOW).map(({ status }) => status)).toEqual(["ok", "failed", "failed"]);
});

it("checkDeadLetters: any letter fails", () => {
  expect([checkDeadLetters(0).status, checkDeadLetters(1).status]).toEqual(["ok", "failed"]);
});

describe("checkBacklog", () => {
  const none = { waiting: 0, oldest_at: null };
  const empty = { outbox: none, events: { ...none, attention: 0 }, mails: { ...none, given_up: 0 } };
  const late = (seconds: number) => ({ waiting: 2, oldest_at: NOW - seconds });

  it.each([
    ["nothing waits", empty, ["ok", "ok", "ok"]],
    ["a change waits a minute", { ...empty, outbox: late(MINUTE) }, ["ok", "ok", "ok"]],
    ["a change waits six minutes", { ...empty, outbox: late(6 * MINUTE) }, ["failed", "ok", "ok"]],
    ["an event waits 16 minutes", { ...empty, events: { ...late(16 * MINUTE), attention: 0 } }, ["ok", "failed", "ok"]],
    ["an event needs a person", { ...empty, events: { ...none, attention: 1 } }, ["ok", "warning", "ok"]],
    ["a mail is given up", { ...empty, mails: { ...none, given_up: 1 } }, ["ok", "ok", "warning"]],
    ["a mail waits two hours", { ...empty, mails: { ...late(2 * HOUR), given_up: 0 } }, ["ok", "ok", "failed"]],
  ])("if %s", (_case, backlog, statuses) => {
    expect(checkBacklog(backlog, NOW).map(({ status }) => status)).toEqual(statuses);
  });
});

it.each([
  ["none, in development", { at: 0, markedAt: null }, "ok"],
  ["none, an hour after the first deployment", { at: 0, markedAt: NOW - HOUR }, "ok"],
  ["none, two days after the first deployment", { at: 0, markedAt: NOW - 2 * DAY }, "failed"],
  ["one of today", { at: NOW - 20 * HOUR, markedAt: NOW - 9 * DAY }, "ok"],
  ["one of yesterday", { at: NOW - 30 * HOUR, markedAt: NOW - 9 * DAY }, "warning"],
  ["one of last week", { at: NOW - 7 * DAY, markedAt: NOW - 9 * DAY }, "failed"],
])("checkBackup: %s", (_case, facts, status) => {
  expect(checkBackup(facts, NOW).status).toBe(status);
});

it("checkBackupBucket: finds a bucket without the last backup", () => {
  expect(checkBackupBucket({ recorded: null, isThere: false })).toEqual([]);
  expect(checkBackupBucket({ recorded: "2026-11-28", isThere: true })).toEqual([]);
  expect(checkBackupBucket({ recorded: "2026-11-28", isThere: false })).toMatchObject([
    { check: "backup", status: "failed", detail: expect.stringContaining("2026-11-28") },
  ]);
});

it("checkFileChecks: a check that stands still fails", () => {
  expect(checkFileChecks([]).status).toBe("ok");
  expect(checkFileChecks(["art_1"])).toMatchObject({ status: "failed", detail: expect.stringContaining("art_1") });
});
