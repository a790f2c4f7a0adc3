import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PIECE_BYTES } from "../../../src/domain/delivery/guarded-stream.ts";
import { framerOf } from "../../../src/domain/releases/framing/framer.ts";
import { apt } from "../../../src/formats/apt/format.ts";
import worker from "../../../src/index.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { ISOLATE_TTL } from "../../../src/platform/storage/edge-store.ts";
import { codeOf, newAddress } from "../../support/admin-request.ts";
import { envWith, KV_LAG, LaggingKv } from "../../support/lagging-kv.ts";
import { issueLicense, ownerToken, tokenFor } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { publishRelease } from "../../support/publish-release.ts";

const PREMIUM = "llm-worker-rbee-premium-cpu";
const FREE = "llm-worker-rbee-cpu";
const bytes = new Uint8Array(PIECE_BYTES + 1_000_000).fill(7);

let kv: LaggingKv;

async function ask(
  path: string,
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Response> {
  const request = new Request<unknown, IncomingRequestCfProperties>(new URL(path, "https://catalog.test"), {
    redirect: "manual",
    ...init,
    headers: { "CF-Connecting-IP": newAddress(), ...init.headers },
  });
  return worker.fetch(request, envWith(kv), createExecutionContext());
}

const asAdmin = async (path: string): Promise<Response> =>
  ask(path, {
    method: "POST",
    headers: { Authorization: `Bearer ${await ownerToken()}`, "Content-Type": "application/json" },
    body: JSON.stringify({ reason: "leaked" }),
  });

/** Lets the edge copy's records reach every location, and continues in another isolate. */
function passSeconds(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1000);
  forgetIsolate();
}

/** Publishes a file of two pieces, and returns its link once every location has its records. */
async function linkTo(workerId: string): Promise<{ link: string; licenseId: string; releaseId: string }> {
  const release = await publishRelease({ worker_id: workerId, version: "1.0.0", bytes });
  const { id, key } = await issueLicense();
  const token = await tokenFor(key, "machine");
  for (const record of [`license:${id}`, `manifest:${workerId}`])
    await kv.put(record, (await env.EDGE.get(record)) ?? "");
  passSeconds(KV_LAG + ISOLATE_TTL);
  const path = `/v1/workers/${workerId}/latest/download?platform=linux-x86_64`;
  const answer = await ask(path, workerId === PREMIUM ? { headers: { Authorization: `Bearer ${token}` } } : {});
  const { download_url } = await answer.json<{ download_url: string }>();
  return { link: download_url, licenseId: id, releaseId: release.id };
}

/** The number of bytes until the stream ends, and whether it broke off. */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<{ received: number; broke: boolean }> {
  let received = 0;
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) received += chunk.value.length;
    return { received, broke: false };
  } catch {
    return { received, broke: true };
  }
}

async function begin(link: string, headers: Record<string, string> = {}) {
  const response = await ask(link, { headers });
  const reader = response.body?.getReader();
  const first = (await reader?.read())?.value?.length ?? 0;
  if (!reader) throw new Error("no body");
  return { response, first, reader };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  kv = new LaggingKv();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a response that has begun", () => {
  it("goes on while KV still has the record from before the revocation, and breaks off once it has the new one", async () => {
    const { link, licenseId } = await linkTo(PREMIUM);
    const stale = await begin(link);
    const cut = await begin(link);
    expect((await asAdmin(`/v1/admin/licenses/${licenseId}/revoke`)).status).toBe(200);
    passSeconds(KV_LAG - 1);
    const unaware = await drain(stale.reader);
    expect([unaware.broke, stale.first + unaware.received]).toEqual([false, bytes.length]);
    passSeconds(ISOLATE_TTL + 1);
    const aware = await drain(cut.reader);
    expect(aware.broke).toBe(true);
    expect(cut.first + aware.received).toBeLessThanOrEqual(PIECE_BYTES);
    expect(expectLogged("download.cut")).toMatchObject([
      { code: "LICENSE_REVOKED", license: licenseId, worker: PREMIUM, version: "1.0.0" },
    ]);
    // The client resumes, and gets its refusal.
    const resumed = await ask(link, { headers: { Range: `bytes=${cut.first + aware.received}-` } });
    expect(await codeOf(resumed)).toBe("LICENSE_REVOKED");
  });

  it("to a range breaks off, too", async () => {
    const { link, licenseId } = await linkTo(PREMIUM);
    const { response, reader } = await begin(link, { Range: "bytes=1000-" });
    expect([response.status, response.headers.get("Content-Length")]).toEqual([206, String(bytes.length - 1000)]);
    await asAdmin(`/v1/admin/licenses/${licenseId}/revoke`);
    passSeconds(KV_LAG + ISOLATE_TTL);
    expect((await drain(reader)).broke).toBe(true);
    expectLogged("download.cut");
  });

  it("with a framed package breaks off, too", async () => {
    await publishRelease({ worker_id: PREMIUM, version: "1.0.0", bytes, framer: framerOf(env, [apt]) });
    const { id, key } = await issueLicense();
    const path = `/apt/rbee-premium/pool/${PREMIUM}/${PREMIUM}_1.0.0-1_amd64.deb`;
    const headers = { Authorization: `Basic ${btoa(`machine:${key}`)}` };
    const whole = await begin(path, headers);
    const size = Number(whole.response.headers.get("Content-Length"));
    expect(size).toBeGreaterThan(bytes.length);
    expect(await drain(whole.reader)).toEqual({ received: size - whole.first, broke: false });
    const { reader } = await begin(path, headers);
    expect((await asAdmin(`/v1/admin/licenses/${id}/revoke`)).status).toBe(200);
    passSeconds(KV_LAG + ISOLATE_TTL);
    expect((await drain(reader)).broke).toBe(true);
    expect(expectLogged("download.cut")).toMatchObject([{ code: "LICENSE_REVOKED", license: id, worker: PREMIUM }]);
  });

  it("for a free worker breaks off when its version is blocked", async () => {
    const { link, releaseId } = await linkTo(FREE);
    const { reader } = await begin(link);
    expect((await asAdmin(`/v1/admin/releases/${releaseId}/block`)).status).toBe(200);
    passSeconds(KV_LAG + ISOLATE_TTL);
    expect((await drain(reader)).broke).toBe(true);
    expectLogged("download.cut");
    expect(await codeOf(await ask(link))).toBe("RELEASE_BLOCKED");
  });

  it("for a HEAD or an unchanged copy opens no object", async () => {
    const { link } = await linkTo(PREMIUM);
    const get = vi.spyOn(env.BINARIES, "get");
    const head = await ask(link, { method: "HEAD" });
    expect([head.status, head.headers.get("Content-Length")]).toEqual([200, String(bytes.length)]);
    const etag = head.headers.get("ETag") ?? "";
    expect((await ask(link, { headers: { "If-None-Match": etag } })).status).toBe(304);
    expect(get).not.toHaveBeenCalled();
  });
});
