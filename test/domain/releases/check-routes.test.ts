import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { CHECK_JOB } from "../../../src/domain/releases/artifact/check-record.ts";
import worker from "../../../src/index.ts";
import { MINUTE } from "../../../src/lib/time.ts";
import { JOB_RETRIES } from "../../../src/platform/jobs/run.ts";
import { askApp } from "../../support/ask-app.ts";
import { HeldQueue } from "../../support/jobs.ts";
import { expectLogged } from "../../support/logged.ts";
import { declarationOf } from "../../support/publish-release.ts";
import { authorization, draft, get, newPublisher, post, put, type Upload } from "../../support/release-requests.ts";

const MiB = 1024 * 1024;

/** The smallest file that is checked in steps, and one byte. */
const bytes = new Uint8Array(64 * MiB + 1).fill(7);

let queue = new HeldQueue();
let bindings: Env;
let releaseId = "";
let at = "";
let partSize = 0;

/** Declares the file and sends all of its parts. */
beforeEach(async () => {
  queue = new HeldQueue();
  bindings = { ...env, JOBS: queue.binding };
  await newPublisher();
  releaseId = (await draft()).id;
  const file = await declarationOf({ bytes: new Uint8Array(1) });
  const { sha256 } = await declaredHash;
  const declared = await post(`/${releaseId}/artifacts`, { ...file, size: bytes.length, sha256 });
  const { artifact, upload } = await declared.json<Upload>();
  at = `/${releaseId}/artifacts/${artifact.id}`;
  partSize = upload.part_size;
  await send(bytes);
});

const declaredHash = crypto.subtle
  .digest("SHA-256", bytes)
  .then((digest) => ({ sha256: Buffer.from(digest).toString("hex") }));

async function send(sent: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let from = 0, n = 1; from < sent.length; from += partSize, n++) {
    expect((await put(`${at}/parts/${n}`, sent.subarray(from, from + partSize))).status).toBe(200);
  }
}

const complete = () =>
  askApp(`/v1/admin/releases${at}/complete`, { method: "POST", headers: authorization() }, bindings);
const look = async () => {
  const response = await get(at);
  return { ...(await response.json<Upload>()), retryAfter: response.headers.get("Retry-After") };
};
/** Lets time pass without progress. */
const wait = (seconds: number) =>
  env.DB.prepare("UPDATE artifact_checks SET progressed_at = progressed_at - ?").bind(seconds).run();

it("completion of a file of 64 MiB answers 202 at once, and 200 once the check has passed", async () => {
  const accepted = await complete();
  expect([accepted.status, accepted.headers.get("Location"), accepted.headers.get("Retry-After")]).toEqual([
    202,
    `/v1/admin/releases${at}`,
    "2",
  ]);
  const running = { state: "running", checked: 0, size: bytes.length, problem: null };
  expect(await accepted.json()).toMatchObject({ artifact: { state: "uploading" }, check: running });
  expect(await look()).toMatchObject({ check: running, retryAfter: "2", artifact: { state: "uploading" } });
  expect((await post(`/${releaseId}/publish`)).status).toBe(409);

  // A second request while the check runs starts no second one.
  expect((await complete()).status).toBe(202);
  expect(queue.waiting).toHaveLength(1);

  const [message] = queue.waiting;
  await queue.deliverAll(bindings);
  // The queue delivers a message a second time.
  queue.waiting.push(message);
  await queue.deliverAll(bindings);
  expect(await look()).toMatchObject({
    artifact: { state: "ready" },
    check: { state: "passed", checked: bytes.length },
    retryAfter: null,
  });
  expect((await complete()).status).toBe(200);
  expect((await post(`/${releaseId}/publish`)).status).toBe(200);
});

it("a stalled check is started again by another completion and by the cron", async () => {
  await complete();
  for (const start of [
    complete,
    () => worker.scheduled({ cron: "* * * * *", scheduledTime: 5 * MINUTE * 1000, noRetry() {} }, bindings),
  ]) {
    queue.waiting.length = 0;
    await wait(2 * MINUTE);
    expect(await look()).toMatchObject({ check: { state: "stalled" }, retryAfter: null });
    await start();
    while (queue.waiting.length > 0 && !isAboutCheck(queue.waiting[0])) await queue.deliverOne(bindings);
    expect(queue.waiting.filter(isAboutCheck)).toHaveLength(1);
  }
  await queue.deliverAll(bindings);
  expect(await look()).toMatchObject({ artifact: { state: "ready" } });
});

const isAboutCheck = (message: unknown) => JSON.stringify(message).includes(CHECK_JOB);

it("a check whose every step fails goes on where it was, after its message has become a dead letter", async () => {
  await complete();
  const broken: R2Bucket = new Proxy(env.BINARIES, {
    get: (target, name: keyof R2Bucket) =>
      name === "get"
        ? (key: string) => (key.startsWith("artifacts/") ? Promise.reject(new Error("R2 is ill")) : target.get(key))
        : target[name].bind(target),
  });
  const [message] = queue.waiting;
  for (let attempts = 1; attempts <= JOB_RETRIES + 1; attempts++) {
    queue.waiting[0] = message;
    await queue.deliverOne({ ...bindings, BINARIES: broken }, { attempts, id: "again" });
  }
  await queue.bury(bindings, message);
  expect(expectLogged("job.failed")).toHaveLength(JOB_RETRIES + 1);
  expectLogged("queue.dead");
  await wait(2 * MINUTE);
  await complete();
  await queue.deliverAll(bindings);
  expect(await look()).toMatchObject({ artifact: { state: "ready" } });
});

it("a refused check tells the problem that a check at once answers, and the file can be sent again", async () => {
  await env.DB.prepare("UPDATE artifacts SET sha256 = ?").bind("0".repeat(64)).run();
  await complete();
  await queue.deliverAll(bindings);
  expect(await look()).toMatchObject({
    artifact: { state: "uploading" },
    upload: { parts: [] },
    check: {
      state: "refused",
      problem: { code: "VALIDATION_FAILED", status: 422, title: expect.any(String), errors: [{ path: "sha256" }] },
    },
  });
  const early = await complete();
  expect([early.status, await early.json()]).toMatchObject([422, { errors: [{ path: "parts" }] }]);
});
