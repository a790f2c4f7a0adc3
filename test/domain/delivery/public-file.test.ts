import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import worker from "../../../src/index.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { ask as askAdmin, codeOf, makeToken } from "../../support/admin-request.ts";
import { HeldQueue } from "../../support/jobs.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";
const FILE = "worker-linux-x86_64";
const bytes = randomBytes(300_000);

let counts: HeldQueue;
let addresses: string[] = [];

/** Sends a request as a new isolate would, and waits for the work after the response. */
async function ask(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> {
  forgetIsolate();
  const context = createExecutionContext();
  const request = new Request<unknown, IncomingRequestCfProperties>(new URL(url, "https://catalog.test"), {
    method,
    headers,
    redirect: "manual",
  });
  const response = await worker.fetch(request, { ...env, DOWNLOADS: counts.binding }, context);
  const body = await response.arrayBuffer();
  const copy = new Response(body.byteLength === 0 ? null : body, response);
  await waitOnExecutionContext(context);
  return copy;
}

async function publish(): Promise<{ id: string; address: string }> {
  const { id } = await publishRelease({ worker_id: FREE, version: "1.0.0", bytes });
  const redirect = await ask(`/v1/workers/${FREE}/latest/files/${FILE}`);
  expect(redirect.status).toBe(302);
  const address = redirect.headers.get("Location") ?? "";
  addresses.push(address);
  return { id, address };
}

beforeEach(() => {
  counts = new HeldQueue();
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const address of addresses) await caches.default.delete(address);
  addresses = [];
});

describe("the binary of a free worker", () => {
  it("has an address with its checksum, which clients may keep", async () => {
    const { address } = await publish();
    expect(address).toMatch(new RegExp(`^https://catalog.test/dl/free/${FREE}/1.0.0/[0-9a-f]{64}/${FILE}$`));
    const response = await ask(address);
    expect([response.status, response.headers.get("Cache-Control")]).toEqual([
      200,
      "public, max-age=31536000, s-maxage=30, immutable",
    ]);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    const etag = response.headers.get("ETag") ?? "";
    expect(address).toContain(etag.replaceAll('"', ""));
    expect((await ask(address, { "If-None-Match": etag })).status).toBe(304);
    const link = await ask(`/v1/workers/${FREE}/1.0.0/download?platform=linux-x86_64`);
    expect(await link.json()).toMatchObject({ public_url: address });
  });

  it("comes from the cache of the data center after the first request, whole and in parts", async () => {
    const { address } = await publish();
    const get = vi.spyOn(env.BINARIES, "get");
    await ask(address);
    const reads = get.mock.calls.length;
    expect(new Uint8Array(await (await ask(address)).arrayBuffer())).toEqual(bytes);
    const part = await ask(address, { Range: "bytes=1000-1999" });
    expect([part.status, part.headers.get("Content-Range")]).toEqual([206, `bytes 1000-1999/${bytes.length}`]);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(1000, 2000));
    expect((await ask(address, {}, "HEAD")).headers.get("Content-Length")).toBe(String(bytes.length));
    expect(get).toHaveBeenCalledTimes(reads);
  });

  it("costs no call of D1", async () => {
    const { address } = await publish();
    const calls = [vi.spyOn(env.DB, "prepare"), vi.spyOn(env.DB, "batch"), vi.spyOn(env.STATISTICS, "batch")];
    await ask(address);
    await ask(address);
    for (const call of calls) expect(call).not.toHaveBeenCalled();
  });

  it("is refused once its version is blocked, though its bytes are still cached", async () => {
    const { id, address } = await publish();
    await ask(address);
    const { token } = await makeToken(["releases:write", "releases:withdraw"]);
    await askAdmin("POST", `/v1/admin/releases/${id}/block`, { token, body: { reason: "broken" } });
    const refused = await ask(address);
    expect([refused.status, refused.headers.get("Cache-Control")]).toEqual([410, "no-store"]);
  });

  it("is found under its own checksum alone, and no premium file has such an address", async () => {
    const { address } = await publish();
    const other = address.replace(/[0-9a-f]{64}/, "0".repeat(64));
    expect(await codeOf(await ask(other))).toBe("ARTIFACT_NOT_FOUND");
    await publishRelease({ worker_id: PREMIUM, version: "1.0.0", bytes });
    expect(await codeOf(await ask(address.replace(FREE, PREMIUM)))).toBe("ARTIFACT_NOT_FOUND");
  });

  it("reads R2 if the cache has only a part of another length", async () => {
    const { address } = await publish();
    await caches.default.put(address, new Response("short", { headers: { "Cache-Control": "max-age=60" } }));
    expect(new Uint8Array(await (await ask(address)).arrayBuffer())).toEqual(bytes);
  });
});
