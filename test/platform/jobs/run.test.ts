import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { service } from "../../../src/app.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { listDeadLetters } from "../../../src/platform/jobs/dead-letter-store.ts";
import { firstMessage, type Job } from "../../../src/platform/jobs/job.ts";
import { JOB_RETRIES, retryDelay, workOffJob } from "../../../src/platform/jobs/run.ts";
import { onRequest } from "../../../src/platform/jobs/schedule.ts";
import { HeldQueue } from "../../support/jobs.ts";
import { count } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";

const NAME = "counting";

/** A job of three steps that notes each one. `during` runs in each step. */
function threeSteps(during: (step: string) => Promise<void> | void = () => {}) {
  const steps: string[] = [];
  const job: Job = {
    name: NAME,
    isDue: onRequest,
    async run({ subject }, position) {
      const step = position ?? "1";
      steps.push(subject === null ? step : `${subject} ${step}`);
      await during(step);
      return step === "3" ? null : { position: String(Number(step) + 1) };
    },
  };
  return { job, steps };
}

/** Delivers one message to the job, and returns the queue's view of it. */
async function deliver(job: Job, body: unknown, queue: HeldQueue, { id = "m", attempts = 1 } = {}) {
  const outcome = { acked: false, delay: undefined as number | undefined };
  const message = {
    id,
    attempts,
    body,
    timestamp: new Date(),
    ack() {
      outcome.acked = true;
    },
    retry(options?: QueueRetryOptions) {
      outcome.delay = options?.delaySeconds;
    },
  };
  await workOffJob({ ...env, JOBS: queue.binding }, { jobs: [job], service }, message);
  return outcome;
}

const rowOf = () => env.DB.prepare("SELECT * FROM jobs WHERE name = ?").bind(NAME).first();

describe("a run of a job", () => {
  it("works in as many invocations as it has steps, and is recorded once it is done", async () => {
    const { job, steps } = threeSteps();
    const queue = new HeldQueue();
    queue.waiting.push(firstMessage(NAME, 60));
    for (let n = 0; queue.waiting.length > 0; n++) {
      expect(await rowOf()).toBeNull();
      expect(await deliver(job, queue.waiting.shift(), queue, { id: String(n) })).toMatchObject({ acked: true });
    }
    expect(steps).toEqual(["1", "2", "3"]);
    expect(await rowOf()).toMatchObject({ started_at: 60, failures: 0, last_error: null });
    expect(await count("job_leases")).toBe(0);
  });

  it("does not overlap another one, which is skipped", async () => {
    const queue = new HeldQueue();
    const { job, steps } = threeSteps(async (step) => {
      if (step === "1") await deliver(job, firstMessage(NAME, 120), queue, { id: "other" });
    });
    await deliver(job, firstMessage(NAME, 60), queue);
    expect(steps).toEqual(["1"]);
    // Between two of its messages, it still holds the lease.
    await deliver(job, firstMessage(NAME, 180), queue, { id: "another" });
    expect(steps).toEqual(["1"]);
    expect(queue.waiting).toHaveLength(1);
  });

  it("of another subject may overlap it", async () => {
    const queue = new HeldQueue();
    const { job, steps } = threeSteps();
    await deliver(job, firstMessage(NAME, 60, { subject: "a" }), queue);
    await deliver(job, firstMessage(NAME, 60, { subject: "b" }), queue);
    expect(steps).toEqual(["a 1", "b 1"]);
  });

  it("takes its step again if its message is delivered again, but no copy of a later step", async () => {
    const queue = new HeldQueue();
    const { job, steps } = threeSteps();
    const first = firstMessage(NAME, 60);
    await deliver(job, first, queue, { id: "m1" });
    // The queue did not see the acknowledgement.
    await deliver(job, first, queue, { id: "m1", attempts: 2 });
    expect(steps).toEqual(["1", "1"]);
    const [second, copy] = queue.waiting.splice(0);
    await deliver(job, second, queue, { id: "m2" });
    await deliver(job, copy, queue, { id: "m3" });
    await deliver(job, first, queue, { id: "m1", attempts: 3 });
    expect(steps).toEqual(["1", "1", "2"]);
  });

  it("may be taken over once its lease has ended", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const queue = new HeldQueue();
    const { job, steps } = threeSteps();
    await deliver(job, firstMessage(NAME, 60), queue);
    vi.setSystemTime(Date.now() + 20 * 60_000);
    await deliver(job, firstMessage(NAME, 120), queue, { id: "later" });
    expect(steps).toEqual(["1", "1"]);
  });
});

describe("a step that fails", () => {
  const failing = () =>
    threeSteps(() => {
      throw new Error("Stripe said no to Bearer rbee_adm_secret");
    });

  it("is retried with growing pauses, holds its lease meanwhile, and is recorded without credentials", async () => {
    const queue = new HeldQueue();
    const message = firstMessage(NAME, 60);
    const { job, steps } = failing();
    expect(await deliver(job, message, queue)).toEqual({ acked: false, delay: 30 });
    await deliver(job, firstMessage(NAME, 120), queue, { id: "other" });
    expect(await deliver(job, message, queue, { attempts: 2 })).toEqual({ acked: false, delay: 60 });
    expect(steps).toEqual(["1", "1"]);
    expect(expectLogged("job.failed")).toHaveLength(2);
    expect(await rowOf()).toMatchObject({
      failures: 2,
      finished_at: null,
      last_error: expect.stringContaining("masked"),
    });
  });

  it("ends its lease with the last attempt, and leaves one dead letter that a later success removes", async () => {
    const queue = new HeldQueue();
    const message = firstMessage(NAME, 60, { position: "3" });
    await deliver(failing().job, message, queue, { attempts: JOB_RETRIES + 1 });
    expectLogged("job.failed");
    expect(await count("job_leases")).toBe(0);
    for (let n = 0; n < 2; n++) await queue.bury(env, message);
    expect(expectLogged("queue.dead")).toHaveLength(2);
    expect(await listDeadLetters(env.DB, 10)).toMatchObject([
      { queue: "jobs", kind: NAME, count: 2, reason: expect.stringContaining("Stripe said no") },
    ]);
    await deliver(threeSteps().job, message, queue, { id: "again" });
    expect(await listDeadLetters(env.DB, 10)).toEqual([]);
    expect(await rowOf()).toMatchObject({ failures: 0, finished_at: expect.any(Number) });
  });

  it("waits an hour at most", () => {
    expect([1, 2, 3, 8, 100].map(retryDelay)).toEqual([30, 60, 120, 3600, 3600]);
  });
});

describe("a message without a known job", () => {
  it("is stored as a dead letter and not retried", async () => {
    const { job } = threeSteps();
    for (const body of [{ nonsense: true }, firstMessage("unheard-of", currentTime()), "text"]) {
      expect(await deliver(job, body, new HeldQueue())).toEqual({ acked: true, delay: undefined });
    }
    expect(expectLogged("job.unknown")).toHaveLength(3);
    const kinds = (await listDeadLetters(env.DB, 10)).map(({ kind }) => kind).sort();
    expect(kinds).toEqual(["unheard-of", "unknown", "unknown"]);
  });
});
