import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { app } from "../../../src/app.ts";
import { expectLogged } from "../../support/logged.ts";

const ask = async (path: string, bindings: Env = env): Promise<Response> =>
  app.fetch(new Request(`https://catalog.test${path}`), bindings, createExecutionContext());

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the stores", () => {
  const EDGE = new Proxy(env.EDGE, { get: () => () => Promise.reject(new Error("KV is down")) });

  it("are ready when each answers", async () => {
    const response = await ask("/health/ready");
    expect([response.status, response.headers.get("Cache-Control")]).toEqual([200, "no-store"]);
    expect(await response.json()).toEqual({ status: "ok", checks: { ledger: true, edge: true, binaries: true } });
  });

  it("are not ready when one does not answer, while the Worker's own health stays ok", async () => {
    const response = await ask("/health/ready", { ...env, EDGE });
    expect([response.status, await response.json()]).toEqual([
      503,
      { status: "degraded", checks: { ledger: true, edge: false, binaries: true } },
    ]);
    expect((await ask("/health", { ...env, EDGE })).status).toBe(200);
    expectLogged("health.failed");
  });

  it("are asked once in two seconds, however many requests arrive", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
    const head = vi.spyOn(env.BINARIES, "head");
    for (let i = 0; i < 5; i++) expect((await ask("/health/ready")).status).toBe(200);
    expect(head).toHaveBeenCalledTimes(1);
    vi.setSystemTime(1_800_000_002_000);
    expect((await ask("/health/ready", { ...env, EDGE })).status).toBe(503);
    expect((await ask("/health/ready")).status).toBe(503);
    expect(head).toHaveBeenCalledTimes(2);
    expectLogged("health.failed");
  });
});
