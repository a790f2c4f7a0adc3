import { describe, expect, it } from "vitest";
import { visitorSystem } from "../../../src/web/storefront/visitor-system.ts";

const MAC =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15";
const WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";
const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1";

const systemOf = (headers: Record<string, string>): string => visitorSystem(new Headers(headers));

describe("the visitor's system", () => {
  it("is that of the client hint, else that of the user agent", () => {
    expect(systemOf({ "User-Agent": MAC })).toBe("macos");
    expect(systemOf({ "User-Agent": WINDOWS })).toBe("windows");
    expect(systemOf({ "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0" })).toBe(
      "linux",
    );
    expect(systemOf({ "User-Agent": MAC, "Sec-CH-UA-Platform": '"Windows"' })).toBe("windows");
    expect(systemOf({ "User-Agent": WINDOWS, "Sec-CH-UA-Platform": '"macOS"' })).toBe("macos");
    expect(systemOf({ "User-Agent": WINDOWS, "Sec-CH-UA-Platform": '"Linux"' })).toBe("linux");
  });

  it("is Arch Linux if the browser names it", () => {
    expect(systemOf({ "User-Agent": "Mozilla/5.0 (X11; Arch Linux; Linux x86_64) AppleWebKit/605.1.15" })).toBe("arch");
    expect(systemOf({ "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) search/1.0" })).toBe("linux");
  });

  it.each([
    ["Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "debian"],
    ["Mozilla/5.0 (X11; Debian; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "debian"],
    ["Mozilla/5.0 (X11; Fedora; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "fedora"],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:45.0) Gecko/20100101 openSUSE/45.0 Firefox/45.0", "fedora"],
  ])("is the distribution if the browser names it: %s", (agent, system) => {
    expect(systemOf({ "User-Agent": agent })).toBe(system);
    expect(systemOf({ "User-Agent": agent, "Sec-CH-UA-Platform": '"Linux"' })).toBe(system);
  });

  it("is Linux for a phone, and for a program that names none", () => {
    expect(systemOf({ "User-Agent": IPHONE })).toBe("linux");
    expect(systemOf({ "User-Agent": "curl/8.11.0" })).toBe("linux");
    expect(systemOf({})).toBe("linux");
  });
});
