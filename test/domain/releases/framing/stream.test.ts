import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, it } from "vitest";
import { frameOf, sizesOfLayout } from "../../../../src/domain/releases/framing/frame.ts";
import { readFramed, sourcesOf } from "../../../../src/domain/releases/framing/stream.ts";
import { framed, whole } from "../../../support/framed-pieces.ts";

let files = 0;

it("readFramed: any part of any file is the slice of the whole, with a small frame and with a large one", async () => {
  await fc.assert(
    fc.asyncProperty(framed, fc.nat(), fc.nat(), fc.boolean(), async ({ stored, segments }, from, much, isLarge) => {
      const pieces = isLarge ? [new Uint8Array(300_000).fill(7), ...segments] : segments;
      const { bytes, layout } = frameOf(pieces);
      const file = whole(stored, pieces);
      expect(sizesOfLayout(layout)).toEqual({ frame: bytes.length, whole: file.length });
      const offset = from % (file.length + 1);
      const length = much % (file.length - offset + 1);
      const frame = { frame_key: `frames/${files++}`, layout };
      await env.BINARIES.put(frame.frame_key, bytes);
      await env.BINARIES.put("stored", stored);
      const asked: string[] = [];
      const open = async (key: string, range: { offset: number; length: number }) => {
        asked.push(key);
        const object = await env.BINARIES.get(key, { range });
        if (!object) throw new Error("lost");
        return object.body;
      };
      const read = await readFramed(open, frame, "stored", { offset, length });
      expect(new Uint8Array(await new Response(read).arrayBuffer())).toEqual(file.subarray(offset, offset + length));
      if (!isLarge) expect(asked.filter((key) => key !== "stored").length).toBeLessThanOrEqual(1);
      const sources = [...sourcesOf(frame, "stored", { offset, length })];
      expect(sources.reduce((sum, source) => sum + source.length, 0)).toBe(length);
    }),
    { numRuns: 60 },
  );
});

it("readFramed: a lost object is an error before the first byte, or a stream that ends with an error", async () => {
  const frame = { frame_key: "frames/lost", layout: [3, [0, 5], 2] as const };
  await env.BINARIES.put(frame.frame_key, "headt");
  const open = async (key: string, range: { offset: number; length: number }) => {
    const object = await env.BINARIES.get(key, { range });
    if (!object) throw new Error("lost");
    return object.body;
  };
  await expect(readFramed(open, frame, "gone", { offset: 3, length: 2 })).rejects.toThrow("lost");
  const cut = await readFramed(open, frame, "gone", { offset: 0, length: 10 });
  await expect(new Response(cut).arrayBuffer()).rejects.toThrow();
});
