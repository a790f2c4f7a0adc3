import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { app } from "../../../src/app.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { revokeAdminToken } from "../../../src/platform/identity/token-acts.ts";
import { ask, codeOf, makeToken, newAddress } from "../../support/admin-request.ts";
import { askWorker } from "../../support/ask-worker.ts";
import { roomInMinute, WITH_ROOM } from "../../support/minute.ts";

const ADMIN_ROUTES = [
  ...new Set(
    (await app.whole()).routes
      .filter(({ path }) => path.startsWith("/v1/admin"))
      .map(({ method, path }) => `${method} ${path}`),
  ),
]
  .map((route) => route.split(" ") as [string, string])
  .filter(([method]) => method !== "ALL");

const EXAMPLES: Record<string, string> = { n: "1", machine_id: "mach_06b4m2v8w5r7q1t3x9z2k4n6p8" };
const fill = (path: string) =>
  path.replaceAll(/:(\w+)/g, (_, name: string) => EXAMPLES[name] ?? "adm_06b4m2v8w5r7q1t3x9z2k4n6p8");

const NOT_ADMIN_TOKENS = [
  "x",
  "",
  `rbee_lic_${"0".repeat(55)}`,
  "eyJhbGciOiJFZERTQSJ9.e30.c2ln",
  `rbee_adm_${"A".repeat(43)}`,
  `rbee_adm_${"A".repeat(44)}`,
];

/** A body that every schema refuses. A caller without access must not learn that. */
const bodyOf = (method: string) => (method === "GET" ? {} : { body: "{ not json" });

it("admin routes: exist", () => {
  expect(ADMIN_ROUTES.length).toBeGreaterThanOrEqual(6);
});

describe.each(ADMIN_ROUTES)("%s %s", (method, path) => {
  const send = (token?: string) =>
    ask(method, fill(path), { ...bodyOf(method), ...(token === undefined ? {} : { token }) });

  it("requires a credential, and refuses everything but an admin token", async () => {
    const none = await send();
    expect(none.headers.get("WWW-Authenticate")).toMatch(/^Bearer .*Basic /);
    expect(none.headers.get("Cache-Control")).toContain("no-store");
    expect([none.status, await codeOf(none)]).toEqual([401, "CREDENTIAL_REQUIRED"]);
    for (const token of NOT_ADMIN_TOKENS) {
      const response = await send(token);
      expect([token, response.status, await codeOf(response)]).toEqual([token, 401, "TOKEN_INVALID"]);
    }
  });

  it("refuses a revoked token, an expired token and a token with another scope", async () => {
    await makeToken(["owner"]);
    const revoked = await makeToken(["owner"]);
    await revokeAdminToken(env.DB, { actor: "system", requestId: null, now: currentTime() }, revoked.record);
    expect(await codeOf(await send(revoked.token))).toBe("TOKEN_INVALID");

    const expired = await send((await makeToken(["owner"], currentTime())).token);
    expect([expired.status, await codeOf(expired)]).toEqual([401, "TOKEN_EXPIRED"]);

    const other = /^\/v1\/admin\/(licenses|orders|stripe-events)/.test(path) ? "releases:write" : "licenses:write";
    const lacking = await send((await makeToken([other])).token);
    expect([lacking.status, await codeOf(lacking)]).toEqual([403, "INSUFFICIENT_SCOPE"]);
  });

  it("admits an owner, and is never cached", async () => {
    const response = await send((await makeToken(["owner"])).token);
    expect([401, 403, 500]).not.toContain(response.status);
    expect(response.headers.get("Cache-Control")).toContain("no-store");
  });
});

describe("an admin credential", () => {
  it("is refused as Basic, which only machines use", async () => {
    const { token } = await makeToken(["owner"]);
    const response = await ask("GET", "/v1/admin/tokens", {
      headers: { Authorization: `Basic ${btoa(`me:${token}`)}` },
    });
    expect(await codeOf(response)).toBe("TOKEN_INVALID");
  });

  it("causes no storage read if it has not the form of a token", async () => {
    const prepare = vi.spyOn(env.DB, "prepare");
    const response = await app.fetch(
      new Request("https://catalog.test/v1/admin/tokens", { headers: { Authorization: "Bearer rbee_adm_short" } }),
      env,
      createExecutionContext(),
    );
    expect(response.status).toBe(401);
    expect(prepare).not.toHaveBeenCalled();
    const { token } = await makeToken(["owner"]);
    prepare.mockClear();
    await app.fetch(
      new Request("https://catalog.test/v1/admin/tokens", { headers: { Authorization: `Bearer ${token}` } }),
      env,
      createExecutionContext(),
    );
    expect(prepare).toHaveBeenCalled();
    prepare.mockRestore();
  });

  it("is rate-limited by address if invalid, and never if valid", WITH_ROOM, async () => {
    await roomInMinute();
    const { token } = await makeToken(["owner"]);
    const from = { "CF-Connecting-IP": "198.51.100.7" };
    const statuses = [];
    for (let attempt = 0; attempt < 40; attempt++) {
      statuses.push((await ask("GET", "/v1/admin/tokens", { token: "guess", headers: from })).status);
    }
    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    const last = await ask("GET", "/v1/admin/tokens", { token: "guess", headers: from });
    expect([last.status, last.headers.get("Retry-After")]).toEqual([429, "60"]);
    expect((await ask("GET", "/v1/admin/tokens", { token, headers: from })).status).toBe(200);
    expect((await ask("GET", "/v1/admin/tokens", { headers: from })).status).toBe(401);
  });

  it("with a write scope can also read the same noun, and nothing else", async () => {
    const { token } = await makeToken(["tokens:write"]);
    expect((await ask("GET", "/v1/admin/tokens", { token })).status).toBe(200);
    expect((await ask("GET", "/v1/admin/audit", { token })).status).toBe(403);
  });

  it("answers 401 to any Authorization header that is not a token", async () => {
    const header = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("", "Bearer ", "bearer  rbee_adm_", "Basic "), header, async (scheme, text) => {
        const response = await askWorker("https://catalog.test/v1/admin/stats", {
          headers: { Authorization: scheme + text, "CF-Connecting-IP": newAddress() },
        });
        expect([response.status, typeof (await codeOf(response))]).toEqual([401, "string"]);
      }),
      { numRuns: 200 },
    );
  });
});
