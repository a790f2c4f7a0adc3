import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { CatalogClient, type CatalogRequest, path, retryDelay } from "../../src/cli/catalog-client.ts";
import { serve } from "../support/node/http-server.ts";

let close: (() => void) | undefined;
afterEach(() => close?.());

type Answer = [status: number, body?: object, headers?: Record<string, string>] | "break" | "break off";

/** Sends `request` to a server that gives `answers` and repeats the last. Returns the requests and the waits. */
async function send(answers: Answer[], request: CatalogRequest) {
  const seen: IncomingMessage[] = [];
  const server = await serve((incoming: IncomingMessage, outgoing: ServerResponse) => {
    seen.push(incoming);
    const answer = answers[Math.min(seen.length, answers.length) - 1] ?? "break";
    if (answer === "break") {
      outgoing.destroy();
      return;
    }
    if (answer === "break off") {
      outgoing.writeHead(200, { "Content-Type": "application/json", "Content-Length": "100" });
      outgoing.write('{"ok":', () => outgoing.destroy());
      return;
    }
    const [status, body = { ok: true }, headers = {}] = answer;
    outgoing.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
  });
  close = server.close;
  const waits: number[] = [];
  const client = new CatalogClient({ url: server.url, sleep: async (ms) => waits.push(ms) });
  const outcome = await client.json(z.object({ ok: z.boolean() }), request).then(
    () => "ok",
    (error: unknown) => (error instanceof Error && "exitCode" in error ? error.exitCode : error),
  );
  return { outcome, seen, waits };
}

const failed: Answer = [503, { code: "SERVICE_UNAVAILABLE", detail: "Not now." }];

describe("a request", () => {
  it("is retried if a read fails or the connection breaks", async () => {
    const { outcome, seen, waits } = await send([failed, "break", [200]], { path: "/x" });
    expect([outcome, seen.length]).toEqual(["ok", 3]);
    expect(waits[1]).toBeGreaterThan(waits[0] ?? Number.POSITIVE_INFINITY);
  });

  it("is retried if the body of its answer breaks off", async () => {
    const { outcome, seen } = await send(["break off", [200]], { path: "/x" });
    expect([outcome, seen.length]).toEqual(["ok", 2]);
  });

  it("fails after five attempts", async () => {
    const { outcome, seen } = await send(["break"], { path: "/x" });
    expect([outcome, seen.length]).toEqual([7, 5]);
  });

  it("is not retried after a failed POST, unless it is marked as repeatable", async () => {
    expect((await send([failed, [200]], { method: "POST", path: "/x", body: {} })).seen).toHaveLength(1);
    close?.();
    const repeatable = await send([failed, [200]], { method: "POST", path: "/x", body: {}, repeatable: true });
    expect(repeatable.outcome).toBe("ok");
  });

  it("waits for Retry-After and is retried after a 429, also if it is a POST", async () => {
    const busy: Answer = [429, { code: "RATE_LIMITED" }, { "Retry-After": "7" }];
    const { outcome, waits } = await send([busy, [200]], { method: "POST", path: "/x", body: {} });
    expect([outcome, waits.length]).toEqual(["ok", 1]);
    expect(waits[0]).toBeGreaterThanOrEqual(7000);
    expect(waits[0]).toBeLessThanOrEqual(8750);
  });

  it("fails at once if Retry-After is an hour", async () => {
    const busy: Answer = [429, { code: "RATE_LIMITED" }, { "Retry-After": "3600" }];
    expect(await send([busy], { path: "/x" })).toMatchObject({ outcome: 7, waits: [] });
  });

  it("is not retried after a refusal", async () => {
    const { outcome, seen } = await send([[403, { code: "LICENSE_REVOKED", detail: "No." }]], { path: "/x" });
    expect([outcome, seen.length]).toEqual([5, 1]);
  });

  it("carries its query, credential and body", async () => {
    const { seen } = await send([[200]], {
      method: "POST",
      path: "/x",
      query: { a: "1 2", b: undefined },
      credential: "secret",
      body: { c: 1 },
    });
    expect(seen[0]).toMatchObject({ url: "/x?a=1+2", headers: { authorization: "Bearer secret" } });
    expect(seen[0]?.headers["content-type"]).toBe("application/json");
  });
});

it("a value in a path cannot leave its segment", () => {
  expect(path`/v1/workers/${"../admin?x#y"}/versions`).toBe("/v1/workers/..%2Fadmin%3Fx%23y/versions");
});

describe("the wait before a retry", () => {
  it("doubles, and half of it is random", () => {
    expect([1, 2, 3].map((attempt) => retryDelay(attempt, null, 0, 1))).toEqual([500, 1000, 2000]);
    expect(retryDelay(1, null, 0, 0)).toBe(250);
  });

  it("follows Retry-After, in seconds or as a date, and adds up to a quarter", () => {
    expect(retryDelay(1, "30", 0, 0)).toBe(30_000);
    expect(retryDelay(1, "30", 0, 1)).toBe(37_500);
    const now = Date.parse("2026-11-23T12:00:00Z");
    expect(retryDelay(1, "Mon, 23 Nov 2026 12:00:05 GMT", now, 0)).toBe(5000);
    expect(retryDelay(1, "Mon, 23 Nov 2026 11:00:00 GMT", now)).toBe(0);
    expect(retryDelay(1, "soon", now, 1)).toBe(500);
  });
});
