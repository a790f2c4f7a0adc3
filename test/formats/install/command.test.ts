import { exports } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";

const get = (path: string, init?: RequestInit) => exports.default.fetch(`https://catalog.test${path}`, init);

describe("GET /cli", () => {
  it("serves the command and a sum that fits it, as scripts and text", async () => {
    const [command, sum] = [await get("/cli/rbee-catalog.mjs"), await get("/cli/rbee-catalog.mjs.sha256")];
    expect(command.headers.get("Content-Type")).toBe("text/javascript; charset=utf-8");
    expect(command.headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(sum.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
    const hex = createHash("sha256")
      .update(new Uint8Array(await command.arrayBuffer()))
      .digest("hex");
    expect(await sum.text()).toBe(`${hex}  rbee-catalog.mjs\n`);
  });

  it("answers 304 to a client with the current command, and lets no cache answer alone", async () => {
    const command = await get("/cli/rbee-catalog.mjs");
    await command.text();
    expect(command.headers.get("Cache-Control")).toBe("no-cache");
    const headers = { "If-None-Match": command.headers.get("ETag") ?? "" };
    const again = await get("/cli/rbee-catalog.mjs", { headers });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect(again.headers.get("ETag")).toBe(command.headers.get("ETag"));
  });

  it("says that a build is not signed, and what the files are", async () => {
    const unsigned = await get("/cli/rbee-catalog.mjs.minisig");
    expect(unsigned.status).toBe(404);
    expect(await unsigned.json()).toMatchObject({
      code: "ARTIFACT_NOT_FOUND",
      detail: "This build of the command is not signed.",
    });
    const unknown = await get("/cli/rbee-catalog.exe");
    expect(await unknown.json()).toMatchObject({ detail: expect.stringContaining("rbee-catalog.mjs.sha256") });
  });

  it("serves nothing of the assets at another path", async () => {
    for (const path of ["/cli", "/cli/", "/cli/..%2Fcli%2Frbee-catalog.mjs", "/cli/cli/rbee-catalog.mjs"]) {
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    }
  });
});
