import { describe, expect, it } from "vitest";
import { isCrossSiteChange } from "../../../src/platform/http/origin.ts";

const asked = (headers: Record<string, string>, method = "POST"): boolean =>
  isCrossSiteChange(new Request("https://catalog.test/x", { method, headers }));

describe("isCrossSiteChange", () => {
  it.each([
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
    { "Sec-Fetch-Site": "cross-site", Origin: "null" },
    { Origin: "https://evil.example" },
    { Origin: "null" },
    { "Sec-Fetch-Site": "same-origin", Origin: "http://catalog.test" },
  ])("is true with %o", (headers) => {
    expect(asked(headers)).toBe(true);
  });

  it.each([
    { "Sec-Fetch-Site": "same-origin", Origin: "https://catalog.test" },
    { "Sec-Fetch-Site": "same-origin", Origin: "null" },
    { "Sec-Fetch-Site": "none" },
    { Origin: "https://catalog.test" },
    {},
  ])("is false with %o: our own form, a typed URL or no browser", (headers) => {
    expect(asked(headers)).toBe(false);
  });

  it("is false for reading", () => {
    expect(asked({ "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" }, "GET")).toBe(false);
  });
});
