import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { publicBytes } from "../../../src/domain/delivery/public-file.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { currentTime, MINUTE } from "../../../src/lib/time.ts";
import { LARGEST_CACHED } from "../../../src/platform/http/edge-cache.ts";

const URL_OF_FILE = "https://catalog.test/dl/free/worker/1.0.0/sum/file";

/** A bucket whose every object has the bytes that a request asks for. */
const get = vi.fn(async (_key: string, { range }: { range: { length: number } }) => ({
  body: new Response(new Uint8Array(Math.min(range.length, 10))).body,
}));

/** Reads four parts of a public file of `size` bytes in one request, and waits for the work after it. */
async function readParts(size: number): Promise<void> {
  const executionCtx = createExecutionContext();
  const env = { BINARIES: { get } } as unknown as Env;
  const delivery = { artifact: { object_key: "key", size } } as Parameters<typeof publicBytes>[2];
  const read = publicBytes({ env, executionCtx }, URL_OF_FILE, delivery);
  for (const offset of [0, 10, 20, 30]) await (await read({ offset, length: 10 })).cancel();
  await waitOnExecutionContext(executionCtx);
}

beforeEach(() => {
  forgetIsolate();
  get.mockClear();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the bytes of a public file", () => {
  it("never ask the cache for a file that is too large for it: 8 GiB would take more calls than a request has", async () => {
    const match = vi.spyOn(caches.default, "match");
    await readParts(LARGEST_CACHED + 1);
    expect(match).not.toHaveBeenCalled();
    expect(get).toHaveBeenCalledTimes(4);
  });

  it("are put into the cache once a request, even if the cache refuses them", async () => {
    const put = vi.spyOn(caches.default, "put").mockRejectedValue(new Error("too large"));
    await readParts(40);
    expect(put).toHaveBeenCalledTimes(1);
    expect(get).toHaveBeenCalledTimes(5);
  });

  it("are put there again by a later request if the runtime ended the first put", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const hanging = Promise.withResolvers<void>();
    const put = vi.spyOn(caches.default, "put").mockResolvedValue().mockReturnValueOnce(hanging.promise);
    const ended = readParts(40);
    await vi.waitFor(() => expect(put).toHaveBeenCalledTimes(1));
    await readParts(40);
    expect(put).toHaveBeenCalledTimes(1);
    vi.setSystemTime((currentTime() + MINUTE) * 1000);
    await readParts(40);
    expect(put).toHaveBeenCalledTimes(2);
    hanging.resolve();
    await ended;
  });
});
