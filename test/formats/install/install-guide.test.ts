import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import guide from "../../../docs/install.md?raw";

const ORIGIN = "https://catalog.test";

describe("GET /install.md", () => {
  it("is the guide for this catalog, without dead links", async () => {
    const response = await exports.default.fetch(`${ORIGIN}/install.md`);
    expect(response.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
    const text = await response.text();
    expect(text.split("\n")).toHaveLength(guide.split("\n").length);
    expect(text).toContain(`curl -fsSL ${ORIGIN}/install.sh | sh`);
    expect(text).toContain("Server = https://MACHINE:KEY@catalog.test/arch/$repo/os/$arch");
    expect(text).toContain("machine catalog.test login");
    expect(text).not.toContain("catalog.rbee.dev");
    expect(text).not.toMatch(/\]\(/);
    const headers = { "If-None-Match": response.headers.get("ETag") ?? "" };
    expect((await exports.default.fetch(`${ORIGIN}/install.md`, { headers })).status).toBe(304);
  });
});
