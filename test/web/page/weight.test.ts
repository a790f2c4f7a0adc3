import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { SCRIPT_PATH, SPRITE_PATH, STYLE_PATH } from "../../../src/web/page/assets.ts";

const KIB = 1024;

/** The bytes of a file as they are sent: Cloudflare compresses text for every browser. */
async function sentBytes(path: string): Promise<number> {
  const response = await exports.default.fetch(`https://catalog.test${path}`, { headers: { Accept: "text/html" } });
  const packed = response.body?.pipeThrough(new CompressionStream("gzip"));
  return (await new Response(packed).arrayBuffer()).byteLength;
}

describe("the weight of a first visit: the page, the style sheet, the script and the icons", () => {
  it.each(["/", "/plans", "/install", "/w/llm-worker-rbee-premium-cpu", "/account/sign-in", "/nowhere"])(
    "%s is at most 20 KiB",
    async (path) => {
      const files = await Promise.all([path, STYLE_PATH, SCRIPT_PATH, SPRITE_PATH].map(sentBytes));
      expect(files.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(20 * KIB);
    },
  );
});
