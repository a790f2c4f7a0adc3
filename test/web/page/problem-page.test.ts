import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { find } from "../../support/html-document.ts";

const BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8";

const ask = (path: string, accept: string): Promise<Response> =>
  exports.default.fetch(`https://catalog.test${path}`, { headers: { Accept: accept }, redirect: "manual" });

describe("problem page", () => {
  it("a browser gets a page with the status and the request's id", async () => {
    const response = await ask("/w/none", BROWSER);
    expect([response.status, response.headers.get("Content-Type")]).toEqual([404, "text/html; charset=utf-8"]);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    const html = await response.text();
    expect(html).toContain("Worker not found");
    expect(html).toContain(response.headers.get("X-Request-Id"));
    expect(html).toContain('href="/"');
  });

  it("a refusal in the console links back to the console", async () => {
    const html = await (await ask("/admin/no-such-page", BROWSER)).text();
    expect(html).toContain('href="/admin">Back to the console');
    expect(await find(new Response(html), "a.brand")).toMatchObject([
      { attributes: { href: "/admin" }, text: "rbee console" },
    ]);
    expect(html).not.toContain('href="/plans"');
    expect(await (await ask("/administration", BROWSER)).text()).not.toContain("Back to the console");
  });

  it("text of an address is escaped", async () => {
    expect(await (await ask("/%3Cimg%20src=x%3E/<img src=x>", BROWSER)).text()).not.toContain("<img");
  });

  it.each(["/v1/workers/none", "/workers/none", "/.well-known/none"])(
    "%s always answers problem+json",
    async (path) => {
      expect((await ask(path, BROWSER)).headers.get("Content-Type")).toBe("application/problem+json");
    },
  );

  it("a program gets problem+json on every path", async () => {
    for (const accept of ["*/*", "application/json"]) {
      expect((await ask("/no/such/path", accept)).headers.get("Content-Type")).toBe("application/problem+json");
    }
  });

  it("a browser is asked for a password at a premium repository", async () => {
    const response = await ask("/arch/rbee-premium/os/x86_64/rbee-premium.db", BROWSER);
    expect([response.status, response.headers.get("Content-Type")]).toEqual([401, "text/html; charset=utf-8"]);
    expect(response.headers.get("WWW-Authenticate")).toMatch(/^Bearer .*, Basic realm="rbee"/);
  });
});
