import { exports } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import guide from "../../../docs/install.md?raw";
import { installScript, shellQuote } from "../../../src/formats/install/install-script.ts";
import { encodeMinisignPublicKey } from "../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "../../../src/lib/minisign/secret-key.ts";

const get = (headers: Record<string, string> = {}, method = "GET") =>
  exports.default.fetch("https://catalog.test/install.sh", { method, headers });

describe("GET /install.sh", () => {
  it("answers with a text that browsers show and caches store", async () => {
    const response = await get();
    expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "text/plain; charset=utf-8"]);
    expect(response.headers.get("Cache-Control")).toMatch(/^public, /);
    expect(await response.text()).toMatch(
      /^#!\/bin\/sh\n[\s\S]*\nCATALOG='https:\/\/catalog\.test'\n[\s\S]*\n\{ main "\$@"; \}\n$/,
    );
    const etag = response.headers.get("ETag") ?? "";
    expect((await get({ "If-None-Match": etag })).status).toBe(304);
    expect((await get({}, "HEAD")).headers.get("ETag")).toBe(etag);
  });
});

describe("the script", () => {
  it("accepts every release signing key that the catalog has, and no other", async () => {
    const keys = [await generateMinisignKey(), await generateMinisignKey()];
    const [first = "", second = ""] = keys.map(encodeMinisignPublicKey);
    expect(installScript("https://catalog.test", keys)).toContain(`\nRELEASE_KEYS='${first} ${second}'\n`);
    expect(installScript("https://catalog.test", [])).toContain("\nRELEASE_KEYS=''\n");
  });

  it("has no unfilled placeholder", () => {
    expect(installScript("https://catalog.test", [])).not.toMatch(/@[A-Z_]+@/);
  });
});

describe("shellQuote", () => {
  /** The value that a shell reads from one word of single quotes and escaped characters (POSIX, XCU 2.2). */
  function asShellReads(word: string): string {
    let text = "";
    for (const [, quoted, escaped] of word.matchAll(/'([^']*)'|\\([\s\S])/g)) text += quoted ?? escaped ?? "";
    return text;
  }

  it("makes one word with the same text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("'", "\\", '"', "$", "`", " ", "\n", ";", "a", "é") }), (text) => {
        expect(shellQuote(text)).toMatch(/^('[^']*'|\\')+$/);
        expect(asShellReads(shellQuote(text))).toBe(text);
      }),
    );
  });

  it("treats replacement patterns as text", () => {
    expect(installScript("https://a'$&.test", [])).toContain("\nCATALOG='https://a'\\''$&.test'\n");
  });
});

const ORIGIN = "https://catalog.test";

describe("GET /install.md", () => {
  it("is the guide for this catalog, without dead links", async () => {
    const response = await exports.default.fetch(`${ORIGIN}/install.md`);
    expect(response.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
    const text = await response.text();
    expect(text.split("\n")).toHaveLength(guide.split("\n").length);
    expect(text).toContain(`curl -fsSL ${ORIGIN}/install.sh | sh`);
    expect(text).toContain("Server = https://MACHINE:KEY@catalog.test/arch/signed/$repo/os/$arch");
    expect(text).toContain("machine catalog.test login");
    expect(text).not.toContain("catalog.rbee.dev");
    expect(text).not.toMatch(/\]\(/);
    const headers = { "If-None-Match": response.headers.get("ETag") ?? "" };
    expect((await exports.default.fetch(`${ORIGIN}/install.md`, { headers })).status).toBe(304);
  });
});
