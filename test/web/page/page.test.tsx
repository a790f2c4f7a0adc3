import { describe, expect, it } from "vitest";
import { page } from "../../../src/web/page/page.tsx";

const hostile = `"><img src=x onerror=alert(1)></title></script>`;

describe("a page", () => {
  it("text, attributes and data are escaped", async () => {
    const response = await page({
      title: hostile,
      main: <p title={hostile}>{hostile}</p>,
      publicPage: { description: hostile, url: `https://catalog.test/${hostile}`, data: { name: hostile } },
    });
    const text = await response.text();
    expect(text).not.toContain("<img");
    expect(text.match(/<\/script>/g)).toHaveLength(2);
    const [, data = ""] = /<script type="application\/ld\+json">(.*?)<\/script>/.exec(text) ?? [];
    expect(JSON.parse(data)).toEqual({ name: hostile });
  });

  it("its policy forbids all that it does not name, and it is not stored or framed", async () => {
    const response = await page({ title: "t", main: <p>text</p> });
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Security-Policy")).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    expect(response.headers.get("Referrer-Policy")).toBe("same-origin");
    const text = await response.text();
    expect(text).toMatch(/^<!doctype html><html lang="en">/);
    expect(text).toContain('<meta name="robots" content="noindex"/>');
    expect(text).not.toMatch(/ style=|<style| on[a-z]+=|<script(?! src="\/page\/script.js")/);
  });

  it("it may allow other form targets and polling, but is never stored", async () => {
    const response = await page({
      title: "t",
      main: <p>text</p>,
      status: 202,
      lookAgainAfter: 3,
      formTargets: ["https://checkout.stripe.com"],
      headers: { "Cache-Control": "public", "Set-Cookie": "a=b" },
    });
    expect(response.status).toBe(202);
    expect(response.headers.get("Content-Security-Policy")).toContain(
      "form-action 'self' https://checkout.stripe.com;",
    );
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    expect(response.headers.get("Set-Cookie")).toBe("a=b");
    expect(response.headers.get("Content-Security-Policy")).toContain("connect-src 'self';");
    expect(await response.text()).toContain('data-look-again="3"');
  });
});
