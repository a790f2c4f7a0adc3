import { html } from "hono/html";
import { describe, expect, it } from "vitest";
import { page } from "../../src/http/page.ts";

const hostile = `"><img src=x onerror=alert(1)>`;

describe("a page", () => {
  it("escapes what it is given, title included", async () => {
    const text = await (await page({ title: hostile, body: html`<p>${hostile}</p>` })).text();
    expect(text).not.toContain("<img");
    expect(text).toContain("&lt;img");
  });

  it("lets nothing load, run, frame or store that it does not name", async () => {
    const response = await page({ title: "t", body: html`` });
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Security-Policy")).toBe(
      "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    expect(response.headers.get("Referrer-Policy")).toBe("no-referrer");
  });

  it("may run its own scripts, lead its forms elsewhere and wait, if it says so", async () => {
    const response = await page({
      title: "t",
      body: html``,
      status: 202,
      refreshAfter: 3,
      scripts: ["/page/copy.js"],
      formTargets: ["https://checkout.stripe.com"],
      headers: { "Cache-Control": "public", "Set-Cookie": "a=b" },
    });
    expect(response.status).toBe(202);
    expect(response.headers.get("Content-Security-Policy")).toContain(
      "script-src 'self'; form-action 'self' https://checkout.stripe.com;",
    );
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    expect(response.headers.get("Set-Cookie")).toBe("a=b");
    const text = await response.text();
    expect(text).toContain('<script src="/page/copy.js" defer></script>');
    expect(text).toContain('<meta http-equiv="refresh" content="3">');
  });
});
