import { describe, expect, it } from "vitest";
import { isPlainHttp, ownOrigin } from "../../../src/platform/http/own-address.ts";

const at = (url: string): Request => new Request(url);

describe("the origin of our own links", () => {
  const live = { ENVIRONMENT: "production", PUBLIC_URL: "https://catalog.test" } as const;
  const local = { ENVIRONMENT: "development", PUBLIC_URL: "http://localhost:8787" } as const;

  it.each(["https://evil.test/", "http://localhost:8787/", "https://catalog.test.evil.test/", "https://127.0.0.1/"])(
    "is PUBLIC_URL in production for a request to %s",
    (url) => {
      expect(ownOrigin(at(url), live)).toBe("https://catalog.test");
    },
  );

  it("is the loopback address that a client of a development server uses", () => {
    for (const origin of ["http://127.0.0.1:8787", "http://[::1]:8787", "http://localhost:9000"]) {
      expect(ownOrigin(at(`${origin}/workers`), local)).toBe(origin);
    }
  });

  it("is PUBLIC_URL in development for any other address, and behind a tunnel", () => {
    expect(ownOrigin(at("http://evil.test/"), local)).toBe("http://localhost:8787");
    const tunnel = { ...local, PUBLIC_URL: "https://tunnel.test" };
    expect(ownOrigin(at("http://localhost:8787/"), tunnel)).toBe("https://tunnel.test");
  });
});

describe("plain http", () => {
  it.each(["http://catalog.test/", "http://localhost.evil.test/", "http://127.0.0.1.evil.test/", "http://10.0.0.1/"])(
    "is %s",
    (url) => expect(isPlainHttp(at(url))).toBe(true),
  );

  it.each([
    "https://catalog.test/",
    "http://localhost:8787/",
    "http://127.0.0.1/",
    "http://127.1.2.3/",
    "http://[::1]:1/",
  ])("is not %s", (url) => expect(isPlainHttp(at(url))).toBe(false));
});
