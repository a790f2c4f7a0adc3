import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

describe("every response", () => {
  it("has a request id and `nosniff`", async () => {
    const response = await exports.default.fetch("https://catalog.test/health");
    expect(response.status).toBe(200);
    expect(response.headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
  });

  it.each(["/health", "/workers", "/v1/licenses/me", "/nothing/here", "/plans"])(
    "%s has a request id of ours, whatever id the client sends",
    async (path) => {
      const sent = "5f0c8e0e-6d0b-4f52-9f0b-3b8f6f1f3a55";
      const ids = [];
      for (let i = 0; i < 2; i++) {
        const response = await exports.default.fetch(`https://catalog.test${path}`, {
          headers: { "X-Request-Id": sent },
        });
        ids.push(response.headers.get("X-Request-Id"));
      }
      expect(new Set([...ids, sent]).size).toBe(3);
    },
  );

  it("answers an unknown path with a problem", async () => {
    const response = await exports.default.fetch("https://catalog.test/nothing/here");
    expect(response.status).toBe(404);
    expect(response.headers.get("Content-Type")).toBe("application/problem+json");
    const problem = await response.json<Record<string, unknown>>();
    expect(problem).toMatchObject({ status: 404, code: "NOT_FOUND", error: problem["title"] });
    expect(problem["request_id"]).toBe(response.headers.get("X-Request-Id"));
  });

  it("leads a person, and no program, from a slash at the end of an unknown path to the path without it", async () => {
    const ask = (path: string, headers: Record<string, string>, method = "GET") =>
      exports.default.fetch(`https://catalog.test${path}`, { headers, method, redirect: "manual" });
    const asPerson = { Accept: "text/html" };
    for (const [path, target] of [
      ["/plans/", "/plans"],
      ["/w/cpu/?x=1", "/w/cpu?x=1"],
      ["/account//", "/account"],
      ["//other.example/", "//other.example"],
      [`${"/".repeat(9000)}x//`, `${"/".repeat(9000)}x`],
    ]) {
      const response = await ask(path ?? "", asPerson);
      expect([response.status, response.headers.get("Location")]).toEqual([301, `https://catalog.test${target}`]);
    }
    expect((await ask("/nothing/here/", asPerson)).status).toBe(301);
    expect((await ask("/nothing/here/", { Accept: "*/*" })).status).toBe(404);
    expect((await ask("/nothing/here/", asPerson, "POST")).status).toBe(404);
    expect((await ask("/v1/nothing/here/", asPerson)).status).toBe(404);
  });

  it.each([
    "/w/cpu",
    "/packages/llm-worker-rbee-cpu",
    "/llm-worker-rbee-cpu.git",
    "/recover",
    "/account",
    "/account/licenses/lic_x",
    "/admin",
    "/admin/licenses?q=ada",
  ])("is not cacheable if %s redirects to a page", async (path) => {
    const response = await exports.default.fetch(`https://catalog.test${path}`, { redirect: "manual" });
    expect([response.status, response.headers.get("Cache-Control")]).toEqual([303, "no-store"]);
  });
});
