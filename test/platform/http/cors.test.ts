import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

const ORIGIN = "https://marketplace.rbee.dev";

// The catalog's cases are in test/domain/catalog/routes.test.ts.
const PATHS = [
  ...["/v1/workers/cpu/versions", "/v1/workers/cpu/index.json", "/v1/plans"],
  ...["/v1/workers/cpu/stats", "/v1/stats/overview", "/v2/workers", "/v2/workers/llm-worker-rbee"],
  ...["/pkgbuilds/arch/llm-worker-rbee-cpu.PKGBUILD", "/pkgbuilds/homebrew/llm-worker-rbee-metal.rb"],
];

describe.each(PATHS)("%s", (path) => {
  const ask = (method: string, headers: Record<string, string>) =>
    exports.default.fetch(`https://catalog.test${path}`, { method, headers });

  it("can be read by our pages, also with a Content-Type that needs a preflight", async () => {
    const preflight = await ask("OPTIONS", {
      Origin: ORIGIN,
      "Access-Control-Request-Method": "GET",
      "Access-Control-Request-Headers": "content-type",
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("Access-Control-Allow-Origin")).toBe(ORIGIN);
    expect(preflight.headers.get("Access-Control-Allow-Methods")).toContain("GET");
    expect(preflight.headers.get("Access-Control-Allow-Headers")).toContain("Content-Type");
    const answer = await ask("GET", { Origin: ORIGIN, "Content-Type": "application/json" });
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe(ORIGIN);
    expect(answer.headers.get("Vary")).toContain("Origin");
    const { status } = await ask("HEAD", { "If-None-Match": answer.headers.get("ETag") ?? "" });
    expect(status).toBeLessThan(400);
  });

  it("cannot be read by any other page", async () => {
    const answer = await ask("GET", { Origin: "https://evil.test" });
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
  });
});

describe("a page anywhere", () => {
  it.each([
    "/.well-known/jwks.json",
    "/v1/licenses/status/0",
    "/keys/release-signing.pub",
    "/keys/index-signing.pub",
    "/keys/index-signing.pub.minisig",
    "/keys/packages.asc",
  ])("reads %s, so that it can verify what it was given", async (path) => {
    const answer = await exports.default.fetch(`https://catalog.test${path}`, {
      headers: { Origin: "https://anywhere.example" },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
  });
});
