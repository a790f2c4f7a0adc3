import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { service } from "../src/app.ts";
import { jobs, runCron } from "../src/cron.ts";
import worker from "../src/index.ts";
import { currentTime } from "../src/lib/time.ts";
import { startJob } from "../src/platform/jobs/job.ts";
import { republishStep } from "../src/platform/storage/republication.ts";
import { RECORDS_A_RUN } from "../src/platform/storage/settle.ts";
import { CRON_MARK, JOBS_MARK, readWatermark } from "../src/platform/storage/watermark.ts";
import { countedEnv } from "./support/counted-env.ts";
import { HeldQueue } from "./support/jobs.ts";
import { count, issueLicense } from "./support/license-fixture.ts";
import { expectLogged } from "./support/logged.ts";

/** The calls of bindings that one invocation may make: D1's and KV's pages say 1,000. */
const ALLOWED = 1000;

afterEach(() => vi.restoreAllMocks());

/** Copies a license `copies` times in the ledger, as `lic_copy_00001` and so on. */
async function copyLicense(id: string, copies: number): Promise<void> {
  const { results } = await env.DB.prepare("SELECT name FROM pragma_table_info('licenses')").all<{ name: string }>();
  const names = results.map(({ name }) => name);
  const values = names.map((name) =>
    name === "id" ? "format('lic_copy_%05d', n)" : name === "status_index" ? "n" : name,
  );
  await env.DB.prepare(
    `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
     INSERT INTO licenses (${names.join(", ")}) SELECT ${values.join(", ")} FROM licenses, numbers WHERE licenses.id = ?`,
  )
    .bind(copies, id)
    .run();
}

/** An entry of the outbox as a request left it behind, with the act in the audit trail unless it is null. */
function entry(change: string, key: string, action: string | null): D1PreparedStatement[] {
  const audit = "INSERT INTO audit (id, at, actor, action, subject, details) VALUES (?, 1, 'system', ?, ?, '{}')";
  const outbox = "INSERT INTO outbox (change_id, topic, key, created_at) VALUES (?, 'license', ?, 1)";
  return [
    ...(action === null ? [] : [env.DB.prepare(audit).bind(change, action, key)]),
    env.DB.prepare(outbox).bind(change, key),
  ];
}

describe("the cron", () => {
  it("publishes a revocation first, while thousands of records are republished, within the calls of an invocation", async () => {
    const { id } = await issueLicense();
    await copyLicense(id, 2000);
    const queue = new HeldQueue();
    const bindings = { ...env, JOBS: queue.binding };
    await startJob(bindings, "republish", currentTime(), { subject: "chg_1" });
    for (const step of ["manifests", "licenses"]) {
      const calls = { count: 0 };
      await queue.deliverOne(countedEnv(calls, bindings));
      expect([step, calls.count < ALLOWED]).toEqual([step, true]);
    }
    expect(await env.EDGE.get("license:lic_copy_00001")).not.toBeNull();
    expect(queue.waiting).toHaveLength(1);
    // Hundreds of ordinary changes wait as well, all older than the revocation.
    const ordinary = Array.from({ length: RECORDS_A_RUN + 10 }, (_, n) => n + 1);
    await env.DB.batch(
      ordinary.flatMap((n) => entry(`chg_a${n}`, `lic_copy_${String(n).padStart(5, "0")}`, "machine.activate")),
    );
    await env.DB.batch(entry("chg_z", "lic_copy_02000", "license.revoke"));
    const calls = { count: 0 };
    const put = vi.spyOn(env.EDGE, "put");
    await runCron(countedEnv(calls, bindings), currentTime());
    expect(put.mock.calls[0]?.[0]).toBe("license:lic_copy_02000");
    expect(calls.count).toBeLessThan(ALLOWED);
    // The rest follows in other invocations, and so does the republication.
    expect(await count("outbox")).toBe(11);
    expect(queue.waiting.slice(0, 2)).toMatchObject([{ job: "republish" }, { job: "publish" }]);
    for (let message = 0; message < 2; message++) await queue.deliverOne(bindings);
    expect(await count("outbox")).toBe(0);
  });

  it("treats an act that it does not know like a revocation, and an entry without an act last", async () => {
    const { id } = await issueLicense();
    await copyLicense(id, 3);
    await env.DB.batch([
      ...entry("chg_1", "lic_copy_00001", null),
      ...entry("chg_2", "lic_copy_00002", "machine.activate"),
      ...entry("chg_3", "lic_copy_00003", "license.some-new-act"),
    ]);
    const put = vi.spyOn(env.EDGE, "put");
    await runCron({ ...env, JOBS: new HeldQueue().binding }, currentTime());
    expect(put.mock.calls.map(([key]) => key)[0]).toBe("license:lic_copy_00003");
  });

  it("sends one message for each due job, and each is worked off in an invocation of its own", async () => {
    const queue = new HeldQueue();
    const bindings = { ...env, JOBS: queue.binding };
    const midnight = currentTime() - (currentTime() % 86_400);
    await runCron(bindings, midnight);
    const due = jobs.filter(({ isDue }) => isDue(midnight)).map(({ name }) => name);
    expect(queue.waiting.map((message) => (message as { job: string }).job).sort()).toEqual(due.sort());
    for (const message of queue.waiting.splice(0)) {
      const calls = { count: 0 };
      queue.waiting.push(message);
      await queue.deliverOne(countedEnv(calls, bindings));
      expect(calls.count).toBeLessThan(ALLOWED);
    }
  });

  it("writes its mark although the queue is down, and starts the missed jobs once it is back", async () => {
    const hour = currentTime() - (currentTime() % 3600);
    const queue = new HeldQueue();
    const up = { ...env, JOBS: queue.binding };
    await runCron(up, hour - 60);
    queue.waiting.splice(0);
    const JOBS = { sendBatch: () => Promise.reject(new Error("queue is down")) } as unknown as Queue;
    await runCron({ ...env, JOBS }, hour);
    expect(expectLogged("job.failed")).toMatchObject([{ job: "send-jobs" }]);
    expect((await readWatermark(env.DB, CRON_MARK)).at).toBe(hour);
    expect((await readWatermark(env.DB, JOBS_MARK)).at).toBe(hour - 60);
    await runCron(up, hour + 60);
    expect(queue.waiting.map((message) => (message as { job: string }).job)).toContain("forget-sessions");
  });

  it("repeats the step of a republication while KV is down, instead of filling the outbox with every license", async () => {
    const { id } = await issueLicense();
    await copyLicense(id, 11);
    const put = vi.spyOn(env.EDGE, "put").mockRejectedValue(new Error("KV PUT failed: 500"));
    await expect(republishStep(env, service.publishers, "")).rejects.toThrow("KV takes no record");
    expect(expectLogged("publication.failed")).toHaveLength(12);
    expect(await count("outbox")).toBe(0);
    put.mockRestore();
    expect(await republishStep(env, service.publishers, "")).toBeNull();
  });

  it("runs although a part of it fails, and its jobs do too", async () => {
    const queue = new HeldQueue();
    const EDGE = { ...env.EDGE, put: () => Promise.reject(new Error("KV PUT failed: 429")) } as unknown as KVNamespace;
    const { id } = await issueLicense();
    await env.DB.batch(entry("chg_1", id, "license.revoke"));
    await worker.scheduled(
      { cron: "* * * * *", scheduledTime: Date.now(), noRetry() {} },
      { ...env, EDGE, JOBS: queue.binding },
    );
    expectLogged("publication.failed");
    expect((await readWatermark(env.DB, CRON_MARK)).at).toBeGreaterThan(0);
    expect(queue.waiting.length).toBeGreaterThan(0);
  });
});
