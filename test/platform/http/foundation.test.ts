import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

describe("every response", () => {
  it("has a request id and `nosniff`", async () => {
    const response = await exports.default.fetch("https://catalog.test/health");
    expect(response.status).toBe(200);
    expect(response.headers.get("X-Request-Id")).toMatch(/^[\w-]{8,64}$/);
    expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
  });

  it("repeats an acceptable request id and replaces any other", async () => {
    const ask = (id: string) =>
      exports.default.fetch("https://catalog.test/health", { headers: { "X-Request-Id": id } });
    expect((await ask("build-4711-a")).headers.get("X-Request-Id")).toBe("build-4711-a");
    expect((await ask('{"level":"x"}')).headers.get("X-Request-Id")).not.toContain("level");
  });

  it("answers an unknown path with a problem", async () => {
    const response = await exports.default.fetch("https://catalog.test/nothing/here");
    expect(response.status).toBe(404);
    expect(response.headers.get("Content-Type")).toBe("application/problem+json");
    const problem = await response.json<Record<string, unknown>>();
    expect(problem).toMatchObject({ status: 404, code: "NOT_FOUND", error: problem["title"] });
    expect(problem["request_id"]).toBe(response.headers.get("X-Request-Id"));
  });

  it.each(["/w/cpu", "/recover", "/account", "/account/licenses/lic_x", "/admin", "/admin/licenses?q=ada"])(
    "is not cacheable if %s redirects to a page",
    async (path) => {
      const response = await exports.default.fetch(`https://catalog.test${path}`, { redirect: "manual" });
      expect([response.status, response.headers.get("Cache-Control")]).toEqual([303, "no-store"]);
    },
  );
});
