import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readMetrics } from "../../../src/domain/figures/metrics.ts";
import { currentTime, DAY } from "../../../src/lib/time.ts";
import { listDeadLetters, storeDeadLetter } from "../../../src/platform/jobs/dead-letter-store.ts";
import { actOnDeadLetter } from "../../../src/platform/jobs/dead-letters.ts";
import { firstMessage } from "../../../src/platform/jobs/job.ts";
import { forgetOldRows } from "../../../src/platform/storage/retention.ts";
import { ask, codeOf, makeToken } from "../../support/admin-request.ts";
import { read, signedIn } from "../../support/console-admin.ts";
import { csrfTokenIn } from "../../support/cookie-browser.ts";
import { HeldQueue } from "../../support/jobs.ts";
import { count } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";

const DOWNLOAD = { link_id: "dl_1", worker_id: "w", version: "1.0.0", platform: "linux-x86_64", license_id: null };
const admin = { actor: "token:adm_test", requestId: null, now: 1_800_000_000 } as const;

const bury = async (body: unknown, queue: "jobs" | "downloads" = "jobs"): Promise<string> => {
  await new HeldQueue().bury(env, body, `rbee-${queue}-dead`);
  expectLogged("queue.dead");
  return (await listDeadLetters(env.DB, 1))[0]?.id ?? "";
};

describe("a dead letter", () => {
  it("of a job is sent again as a new run that continues from its position, and is gone", async () => {
    const message = firstMessage("republish", 60, { subject: "chg_1", position: "lic_5" });
    const id = await bury({ ...message, step: 7 });
    const JOBS = new HeldQueue();
    await actOnDeadLetter({ ...env, JOBS: JOBS.binding }, admin, id, "retry", "KV is back");
    expect(JOBS.waiting).toMatchObject([{ job: "republish", subject: "chg_1", position: "lic_5", step: 0 }]);
    expect(JOBS.waiting).not.toMatchObject([{ run: message.run }]);
    expect(await count("dead_letters")).toBe(0);
    expect(await env.DB.prepare("SELECT action, reason FROM audit WHERE subject = ?").bind(id).first()).toEqual({
      action: "dead-letter.retry",
      reason: "KV is back",
    });
  });

  it("of a count is sent again as it was", async () => {
    const id = await bury(DOWNLOAD, "downloads");
    const DOWNLOADS = new HeldQueue();
    await actOnDeadLetter({ ...env, DOWNLOADS: DOWNLOADS.binding }, admin, id, "retry", "the store is back");
    expect(DOWNLOADS.waiting).toEqual([DOWNLOAD]);
  });

  it("stays if the queue does not take it", async () => {
    const id = await bury(DOWNLOAD, "downloads");
    const DOWNLOADS = { send: () => Promise.reject(new Error("queue is down")) } as unknown as Queue;
    await expect(actOnDeadLetter({ ...env, DOWNLOADS }, admin, id, "retry", "try")).rejects.toThrow("queue is down");
    expect(await count("dead_letters")).toBe(1);
  });

  it("counts in the metrics by its queue, and is forgotten after 30 days", async () => {
    await bury(DOWNLOAD, "downloads");
    const dead = (await readMetrics(env, currentTime())).find(({ name }) => name === "rbee_dead_letters");
    expect(dead?.samples).toEqual([
      { labels: { queue: "jobs" }, value: 0 },
      { labels: { queue: "downloads" }, value: 1 },
    ]);
    await forgetOldRows(env.DB, currentTime() + 29 * DAY);
    expect(await count("dead_letters")).toBe(1);
    await forgetOldRows(env.DB, currentTime() + 31 * DAY);
    expect(await count("dead_letters")).toBe(0);
  });

  it("is shown without a credential that its message quotes", async () => {
    const key = `rbee_lic_${"a".repeat(55)}`;
    await storeDeadLetter(env.DB, { queue: "jobs", body: { key }, reason: "no job takes this message" }, 1);
    const { token } = await makeToken(["stats:read"]);
    const text = await (await ask("GET", "/v1/admin/dead-letters", { token })).text();
    expect(text).toContain("rbee_lic_(masked)");
    expect(text).not.toContain(key);
  });
});

describe("dead letters in the API", () => {
  it("are listed with stats:read, and settled by an owner with a reason", async () => {
    const id = await bury(DOWNLOAD, "downloads");
    const { token } = await makeToken(["stats:read", "licenses:write"]);
    const listed = await (await ask("GET", "/v1/admin/dead-letters", { token })).json();
    expect(listed).toMatchObject({ dead_letters: [{ id, queue: "downloads", kind: "download", count: 1 }] });
    const path = `/v1/admin/dead-letters/${id}/dismiss`;
    const body = { reason: "of no use" };
    expect(await codeOf(await ask("POST", path, { token, body }))).toBe("INSUFFICIENT_SCOPE");
    const owner = (await makeToken(["owner"])).token;
    expect(await codeOf(await ask("POST", path, { token: owner, body: { reason: "" } }))).toBe("VALIDATION_FAILED");
    expect((await ask("POST", path, { token: owner, body })).status).toBe(204);
    expect(await codeOf(await ask("POST", path, { token: owner, body }))).toBe("NOT_FOUND");
  });

  it("leave the jobs' last runs to a list of their own", async () => {
    await env.DB.prepare("INSERT INTO jobs VALUES ('mails', 60, 61, 12, NULL, NULL, 0)").run();
    const { token } = await makeToken(["stats:read"]);
    expect(await (await ask("GET", "/v1/admin/jobs", { token })).json()).toEqual({
      jobs: [
        {
          name: "mails",
          started_at: "1970-01-01T00:01:00Z",
          finished_at: "1970-01-01T00:01:01Z",
          duration_ms: 12,
          failed_at: null,
          last_error: null,
          failures: 0,
        },
      ],
      running: [],
    });
  });
});

describe("dead letters in the console", () => {
  it("are an alarm on the system page, and an owner dismisses one with a reason", async () => {
    const id = await bury(firstMessage("mails", 60));
    const browser = await signedIn();
    const page = await read(browser, "/admin/system");
    expect(page).toContain("1 message failed at every attempt");
    const send = (form: Record<string, string>) =>
      browser.post(`/admin/system/dead-letters/${id}`, { form: { csrf_token: csrfTokenIn(page), ...form } });
    const silent = await send({ act: "dismiss", reason: " " });
    expect(silent.headers.get("Location")).toBe("/admin/system?done=letter-kept");
    const done = await send({ act: "dismiss", reason: "mails went out by hand" });
    expect(done.headers.get("Location")).toBe("/admin/system?done=letter-dismissed");
    const after = await read(browser, "/admin/system");
    expect(after).not.toContain("failed at every attempt</li>");
    expect(after).not.toContain(`/admin/system/dead-letters/${id}`);
  });

  it("have no form without the owner's scope", async () => {
    const id = await bury(firstMessage("mails", 60));
    expect(await read(await signedIn(["stats:read", "licenses:write"]), "/admin/system")).not.toContain(id);
  });
});
