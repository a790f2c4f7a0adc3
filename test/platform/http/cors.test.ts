import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

const ORIGIN = "https://marketplace.rbee.dev";

// The catalog's cases are in test/domain/catalog/routes.test.ts.
describe.each(["/v1/workers/cpu/versions", "/v1/workers/cpu/index.json", "/v1/plans"])("%s", (path) => {
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
  ])("reads %s, so that it can verify what it was given", async (path) => {
    const answer = await exports.default.fetch(`https://catalog.test${path}`, {
      headers: { Origin: "https://anywhere.example" },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
  });
});
