import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { STATUS_LIST_TTL } from "../../../../src/domain/licensing/token/status-list.ts";
import worker from "../../../../src/index.ts";
import { forgetIsolate } from "../../../../src/lib/isolate.ts";
import { textOf } from "../../../support/text-of.ts";

const LIST = "https://catalog.test/v1/licenses/status/7";

/** Asks as a new isolate of the same data center would. */
async function ask(): Promise<{ text: string; maxAge: number }> {
  forgetIsolate();
  const context = createExecutionContext();
  const response = await worker.fetch(new Request<unknown, IncomingRequestCfProperties>(LIST), env, context);
  const text = await textOf(response);
  await waitOnExecutionContext(context);
  const [, maxAge] = /^public, max-age=(\d+)$/.exec(response.headers.get("Cache-Control") ?? "") ?? [];
  return { text, maxAge: Number(maxAge) };
}

const passSeconds = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

beforeEach(async () => {
  await caches.default.delete(LIST);
  vi.useFakeTimers({ toFake: ["Date"] });
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await caches.default.delete(LIST);
});

describe("a status list", () => {
  it("is read from the ledger once for all isolates of a data center", async () => {
    const first = await ask();
    const calls = [vi.spyOn(env.DB, "prepare"), vi.spyOn(env.DB, "batch")];
    for (let isolate = 0; isolate < 5; isolate++) expect((await ask()).text).toBe(first.text);
    for (const call of calls) expect(call).not.toHaveBeenCalled();
  });

  it("is half as old as verifiers keep it at most, counted from when it was made, through all caches", async () => {
    const first = await ask();
    expect(first.maxAge).toBe(STATUS_LIST_TTL / 2);
    passSeconds(20);
    expect(await ask()).toEqual({ text: first.text, maxAge: STATUS_LIST_TTL / 2 - 20 });
    passSeconds(10);
    const second = await ask();
    expect(second.text).not.toBe(first.text);
    expect(second.maxAge).toBe(STATUS_LIST_TTL / 2);
  });

  it("comes from the ledger if there is no cache, as on workers.dev", async () => {
    vi.spyOn(caches.default, "match").mockRejectedValue(new Error("no cache here"));
    vi.spyOn(caches.default, "put").mockRejectedValue(new Error("no cache here"));
    const prepared = vi.spyOn(env.DB, "prepare");
    await ask();
    await ask();
    expect(prepared).toHaveBeenCalledTimes(2);
  });
});
