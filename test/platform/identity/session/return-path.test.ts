import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { returnPath, signInPath } from "../../../../src/platform/identity/session/session.ts";

describe("the return path of a sign-in", () => {
  it.each([
    ["account", "/account/licenses/lic_1?show=all", "/account/licenses/lic_1?show=all"],
    ["account", "/account", "/account"],
    ["console", "/admin/licenses?q=a%26b", "/admin/licenses?q=a%26b"],
  ] as const)("at %s is the requested page: %s", (place, wanted, path) => {
    expect(returnPath(place, wanted)).toBe(path);
  });

  it.each([
    undefined,
    "",
    "https://evil.example/account",
    "//evil.example/account",
    "/\\evil.example/account",
    "\\\\evil.example",
    "/\t/evil.example/account",
    " //evil.example",
    "javascript:alert(1)//account",
    "data:text/html,/account",
    "/account/../admin",
    "/account/%2e%2e/v1/admin/tokens",
    "/accounts",
    "/account@evil.example",
    "/admin",
    "/account/sign-in?return=/account",
    "http://[",
    `/account/${"x".repeat(3000)}`,
  ])("is the account's first page instead of %j", (wanted) => {
    expect(returnPath("account", wanted)).toBe("/account");
  });

  it("is never another site or place for any input, and safe in a header", () => {
    const piece = fc.constantFrom(
      "/",
      "\\",
      "//",
      "account",
      "admin",
      "..",
      "%2e",
      "@",
      ":",
      "\t",
      "\r\n",
      "evil.example",
      "?",
      "#",
    );
    const text = fc.oneof(
      fc.webUrl(),
      fc.string({ unit: "binary" }),
      fc.array(piece).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(text, (wanted) => {
        const path = returnPath("account", wanted);
        expect(path).toMatch(/^\/account(?:[/?][\x21-\x7e]*)?$/);
        const led = new URL(path, "https://catalog.test");
        expect([led.origin, returnPath("account", path)]).toEqual(["https://catalog.test", path]);
      }),
    );
  });

  it("is kept across the sign-in page for pages and not for forms", () => {
    const asked = (path: string, method = "GET") => new Request(`https://catalog.test${path}`, { method });
    expect(signInPath("account", asked("/account/x?y=1"))).toBe("/account/sign-in?return=%2Faccount%2Fx%3Fy%3D1");
    expect(signInPath("account", asked("/account/x", "POST"))).toBe("/account/sign-in");
    expect(signInPath("console", asked("/admin"))).toBe("/admin/sign-in");
  });
});
