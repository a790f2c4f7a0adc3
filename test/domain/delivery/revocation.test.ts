import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type License, licenseRecordOf } from "../../../src/domain/licensing/license/record.ts";
import { licenseRoot, readLicense } from "../../../src/domain/licensing/license/store.ts";
import worker from "../../../src/index.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { ok } from "../../../src/lib/result.ts";
import { change } from "../../../src/platform/storage/change.ts";
import { ISOLATE_TTL } from "../../../src/platform/storage/edge-store.ts";
import { codeOf, newAddress } from "../../support/admin-request.ts";
import { runCronAndJobs } from "../../support/jobs.ts";
import { envWith, KV_LAG, LaggingKv } from "../../support/lagging-kv.ts";
import { count, issueLicense, ownerToken, tokenFor } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { publishRelease } from "../../support/publish-release.ts";
import { textOf } from "../../support/text-of.ts";

const WORKER = "llm-worker-rbee-premium-cpu";
const DOWNLOAD = `/v1/workers/${WORKER}/latest/download?platform=linux-x86_64`;

let kv: LaggingKv;

/**
 * Sends one request to a Worker with a lagging KV. Does not wait for work after the response, which may retry for
 * seconds.
 */
async function ask(method: string, path: string, credential?: string, body?: unknown): Promise<Response> {
  const request = new Request<unknown, IncomingRequestCfProperties>(new URL(path, "https://catalog.test"), {
    method,
    redirect: "manual",
    headers: {
      "CF-Connecting-IP": newAddress(),
      ...(credential === undefined ? {} : { Authorization: `Bearer ${credential}` }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return worker.fetch(request, envWith(kv), createExecutionContext());
}

const runCron = () => runCronAndJobs(envWith(kv));

/** Lets time pass in another isolate than the one that has just acted. */
function passSeconds(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1000);
}

const revoke = async (id: string): Promise<Response> =>
  ask("POST", `/v1/admin/licenses/${id}/revoke`, await ownerToken(), { reason: "leaked" });

async function licenseOf(id: string): Promise<License> {
  const license = await readLicense(env.DB, id);
  if (!license) throw new Error("no license");
  return license;
}

const linkFor = async (token: string): Promise<string> =>
  (await (await ask("GET", DOWNLOAD, token)).json<{ download_url: string }>()).download_url;

/** A licensed machine; every location has seen its records. */
async function settledMachine(): Promise<{ id: string; key: string; token: string }> {
  const { id, key } = await issueLicense();
  const token = await tokenFor(key, "machine");
  for (const record of [`license:${id}`, `manifest:${WORKER}`])
    await kv.put(record, (await env.EDGE.get(record)) ?? "");
  passSeconds(KV_LAG + ISOLATE_TTL);
  forgetIsolate();
  return { id, key, token };
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  kv = new LaggingKv();
  await publishRelease({
    worker_id: WORKER,
    version: "1.0.0",
    bytes: Uint8Array.from(new TextEncoder().encode("real bytes")),
  });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a revocation", () => {
  it("is effective at once for new tokens, and within 40 seconds for every download and link", async () => {
    const { id, key, token } = await settledMachine();
    const link = await linkFor(token);
    const revoked = await revoke(id);
    expect(await revoked.json()).toMatchObject({ edge: "published", license: { status: "revoked" } });

    for (const credential of [key, token]) {
      const renewal = await ask("POST", "/v1/licenses/token", credential, { fingerprint: "machine" });
      expect(await codeOf(renewal)).toBe("LICENSE_REVOKED");
    }
    expect(await codeOf(await ask("POST", "/v1/licenses/activate", key, { fingerprint: "x" }))).toBe("LICENSE_REVOKED");
    const verdict = await ask("POST", "/v1/licenses/verify", undefined, { token });
    expect(await verdict.json()).toMatchObject({ valid: false, code: "LICENSE_REVOKED" });

    // The worst case: another isolate reads KV a moment before the write is visible there, and keeps that record.
    passSeconds(KV_LAG - 1);
    forgetIsolate();
    expect((await ask("GET", DOWNLOAD, token)).status).toBe(200);
    passSeconds(ISOLATE_TTL + 1);
    expect(await codeOf(await ask("GET", DOWNLOAD, token))).toBe("LICENSE_REVOKED");
    expect(await codeOf(await ask("GET", `/v1/workers/${WORKER}/1.0.0/files/worker-linux-x86_64`, token))).toBe(
      "LICENSE_REVOKED",
    );
    expect(await codeOf(await ask("GET", link))).toBe("LICENSE_REVOKED");
    expect((await ask("HEAD", link)).status).toBe(403);
  });

  it("is seen at once by the isolate that made it", async () => {
    const { id, token } = await settledMachine();
    await ask("GET", DOWNLOAD, token);
    await revoke(id);
    expect(await codeOf(await ask("GET", DOWNLOAD, token))).toBe("LICENSE_REVOKED");
  });

  it("that KV refuses is stored, reported as pending, and published by the cron once KV is back", async () => {
    const { id, token } = await settledMachine();
    kv.isDown = true;
    const revoked = await revoke(id);
    expect(revoked.status).toBe(200);
    expect(await revoked.json()).toMatchObject({ edge: "pending", license: { status: "revoked" } });
    await runCron();
    for (const event of ["publication.failed", "job.failed"]) expectLogged(event);
    expect(await count("outbox", `key = '${id}'`)).toBe(1);
    kv.isDown = false;
    passSeconds(60);
    await runCron();
    expect(await count("outbox", `key = '${id}'`)).toBe(0);
    passSeconds(KV_LAG + ISOLATE_TTL);
    forgetIsolate();
    expect(await codeOf(await ask("GET", DOWNLOAD, token))).toBe("LICENSE_REVOKED");
  });

  it("is published by the cron if its request was interrupted between D1 and KV", async () => {
    const { id, token } = await settledMachine();
    const actor = { actor: "token:adm_test", requestId: null, now: Math.floor(Date.now() / 1000) } as const;
    const decided = { action: "license.revoke", patch: { admin_state: "revoked" } } as const;
    const { changeId } = await change(env.DB, licenseRoot, id, () => ok(decided), { actor, reason: "leaked" });
    expect(changeId).not.toBeNull();
    expect((await ask("GET", DOWNLOAD, token)).status).toBe(200);
    passSeconds(60);
    await runCron();
    passSeconds(KV_LAG + ISOLATE_TTL);
    forgetIsolate();
    expect(await codeOf(await ask("GET", DOWNLOAD, token))).toBe("LICENSE_REVOKED");
    expect(await count("outbox")).toBe(0);
  });
});

describe("a stale record in KV", () => {
  it("does not refuse a machine that has just been activated, or a license that has just been reinstated", async () => {
    const { id, key } = await settledMachine();
    await ask("POST", `/v1/admin/licenses/${id}/suspend`, await ownerToken(), { reason: "check" });
    passSeconds(KV_LAG + ISOLATE_TTL);
    await ask("POST", `/v1/admin/licenses/${id}/reinstate`, await ownerToken(), { reason: "cleared" });
    const activation = await ask("POST", "/v1/licenses/activate", key, { fingerprint: "second" });
    const { token } = await activation.json<{ token: string }>();
    forgetIsolate();
    const download = await ask("GET", DOWNLOAD, token);
    expect(download.status).toBe(200);
    forgetIsolate();
    const { download_url } = await download.json<{ download_url: string }>();
    expect(await textOf(await ask("GET", download_url))).toBe("real bytes");
  });

  it("is checked in the ledger if it is as old as the token, and trusted without a read if it is newer", async () => {
    const { id, token } = await settledMachine();
    await revoke(id);
    passSeconds(KV_LAG + ISOLATE_TTL);
    forgetIsolate();
    const ledger = vi.spyOn(env.DB, "batch");
    expect(await codeOf(await ask("GET", DOWNLOAD, token))).toBe("LICENSE_REVOKED");
    expect(ledger).not.toHaveBeenCalled();
    vi.restoreAllMocks();

    const { id: other, key } = await issueLicense();
    const machine = await tokenFor(key, "machine");
    const record = licenseRecordOf(await licenseOf(other), Math.floor(Date.now() / 1000));
    await kv.put(`license:${other}`, JSON.stringify({ ...record, machines: [] }));
    passSeconds(KV_LAG);
    forgetIsolate();
    expect((await ask("GET", DOWNLOAD, machine)).status).toBe(200);
  });

  it("does not hide versions from a newer token", async () => {
    const { id } = await settledMachine();
    const rotation = await ask("POST", `/v1/admin/licenses/${id}/rotate-key`, await ownerToken(), { reason: "leak" });
    const { key } = await rotation.json<{ key: string }>();
    const renewal = await ask("POST", "/v1/licenses/token", key, { fingerprint: "machine" });
    const { token } = await renewal.json<{ token: string }>();
    forgetIsolate();
    for (const credential of [token, key]) {
      expect((await ask("GET", `/v1/workers/${WORKER}/versions`, credential)).status).toBe(200);
    }
  });

  it("that is missing is replaced by the ledger's", async () => {
    const { key } = await issueLicense();
    const token = await tokenFor(key, "machine");
    forgetIsolate();
    expect((await ask("GET", DOWNLOAD, token)).status).toBe(200);
  });
});

describe("a ledger that does not answer", () => {
  it("is reported as temporary, and does not stop the download of an activated machine", async () => {
    const { key, token } = await settledMachine();
    await ask("GET", DOWNLOAD, token);
    vi.spyOn(env.DB, "batch").mockRejectedValue(new Error("D1_ERROR: Network connection lost."));
    const renewal = await ask("POST", "/v1/licenses/token", key, { fingerprint: "machine" });
    expect(renewal.status).toBe(503);
    expect(Number(renewal.headers.get("Retry-After"))).toBeGreaterThanOrEqual(5);
    expect(await codeOf(renewal)).toBe("SERVICE_UNAVAILABLE");
    expect((await ask("GET", DOWNLOAD, token)).status).toBe(200);
    expectLogged("request.failed");
  });
});

describe("the download path", () => {
  it("reads KV once for a license, nothing while the isolate holds the record, and never the ledger", async () => {
    const { token } = await settledMachine();
    const ledger = vi.spyOn(env.DB, "prepare");
    const batches = vi.spyOn(env.DB, "batch");
    kv.reads = 0;
    const link = await linkFor(token);
    await textOf(await ask("GET", link));
    await ask("HEAD", link);
    await ask("GET", DOWNLOAD, token);
    expect(kv.reads).toBe(1);
    expect(ledger).not.toHaveBeenCalled();
    expect(batches).not.toHaveBeenCalled();
    await ask("GET", "/v1/licenses/me", token);
    expect(batches).toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  it("reads nothing at all for a forged credential or link", async () => {
    kv.reads = 0;
    const ledger = vi.spyOn(env.DB, "prepare");
    await ask("GET", DOWNLOAD, `rbee_lic_${"0".repeat(55)}`);
    await ask("GET", DOWNLOAD, "eyJhbGciOiJub25lIn0.e30.");
    await ask("GET", "/dl/AAAA");
    await ask("POST", "/v1/licenses/activate", `rbee_lic_${"Z".repeat(55)}`, { fingerprint: "x" });
    expect(kv.reads).toBe(0);
    expect(ledger).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});
