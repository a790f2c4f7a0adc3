import { crc32, inflateSync } from "node:zlib";
import { sha1 } from "@noble/hashes/legacy.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Files, packHistory, type Revision } from "../../../src/formats/git/object.ts";
import { encodeHex } from "../../../src/lib/encoding.ts";

const decoder = new TextDecoder();

type Read = { type: number; text: string; body: Uint8Array };

/** Reads a pack by its index alone, as git does, checking every checksum: the objects by their ids. */
function readPack({ pack, index, name }: Awaited<ReturnType<typeof packHistory>>): Map<string, Read> {
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
  const count = view.getUint32(8 + 255 * 4);
  expect([view.getUint32(0), view.getUint32(4)]).toEqual([0xff744f63, 2]);
  expect(encodeHex(sha1(pack.subarray(0, -20)))).toBe(name);
  expect(encodeHex(pack.subarray(-20))).toBe(name);
  expect(encodeHex(index.subarray(-40, -20))).toBe(name);
  expect(encodeHex(sha1(index.subarray(0, -20)))).toBe(encodeHex(index.subarray(-20)));
  const ids = 8 + 256 * 4;
  const sums = ids + 20 * count;
  const places = sums + 4 * count;
  const ends = [...Array(count).keys()].map((n) => view.getUint32(places + 4 * n)).sort((a, b) => a - b);
  const objects = new Map<string, Read>();
  for (let n = 0; n < count; n++) {
    const id = index.subarray(ids + 20 * n, ids + 20 * (n + 1));
    const start = view.getUint32(places + 4 * n);
    const entry = pack.subarray(start, ends.find((end) => end > start) ?? pack.length - 20);
    expect(crc32(entry)).toBe(view.getUint32(sums + 4 * n));
    let at = 0;
    let size = (entry[0] ?? 0) & 15;
    for (let shift = 4; (entry[at] ?? 0) & 0x80; shift += 7) size += ((entry[++at] ?? 0) & 0x7f) * 2 ** shift;
    const body = new Uint8Array(inflateSync(entry.subarray(at + 1)));
    expect(body.length).toBe(size);
    // The fan-out counts the ids up to each first byte.
    expect(view.getUint32(8 + 4 * (id[0] ?? 0))).toBeGreaterThan(n);
    objects.set(encodeHex(id), { type: ((entry[0] ?? 0) >> 4) & 7, text: decoder.decode(body), body });
  }
  expect([...objects.keys()]).toEqual([...objects.keys()].sort());
  return objects;
}

function filesOf(objects: Map<string, Read>, tree: string): Record<string, string> {
  const body = objects.get(tree)?.body ?? new Uint8Array();
  const files: Record<string, string> = {};
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf(0, at);
    const [mode, name] = decoder.decode(body.subarray(at, end)).split(" ");
    const id = encodeHex(body.subarray(end + 1, end + 21));
    if (mode === "100644") files[`${name}`] = objects.get(id)?.text ?? "";
    else for (const [path, text] of Object.entries(filesOf(objects, id))) files[`${name}/${path}`] = text;
    at = end + 21;
  }
  return files;
}

/** The revisions that the commits from `head` on say there were, oldest first. */
function historyOf(objects: Map<string, Read>, head: string | null): Revision[] {
  if (head === null) return [];
  const text = objects.get(head)?.text ?? "";
  const [, tree = "", , parent = null, at, message = ""] =
    /^tree (.*)\n(parent (.*)\n)?author .* (\d+) \+0000\ncommitter .* \4 \+0000\n\n(.*)\n$/.exec(text) ?? [];
  return [...historyOf(objects, parent), { at: Number(at), message, files: filesOf(objects, tree) }];
}

const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,8}$/).filter((text) => !/^\.*$/.test(text));
const files: fc.Arbitrary<Files> = fc
  .dictionary(name, fc.oneof(fc.string({ maxLength: 5000 }), fc.dictionary(name, fc.string(), { minKeys: 1 })))
  .map((tree) =>
    Object.fromEntries(
      Object.entries(tree).flatMap(([path, inside]) =>
        typeof inside === "string"
          ? [[path, inside]]
          : Object.entries(inside).map(([below, text]) => [`${path}/${below}`, text]),
      ),
    ),
  );
const history = fc.array(
  fc.record({ at: fc.nat(), message: fc.stringMatching(/^[ -~]{1,60}$/), files: files.map((made) => ({ ...made })) }),
  { maxLength: 5 },
);

describe("a history as a git repository", () => {
  it("can be read back completely", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (revisions) => {
        const packed = await packHistory(revisions);
        expect(historyOf(readPack(packed), packed.head)).toEqual(revisions);
      }),
      { numRuns: 60 },
    );
  });

  it("continues every earlier commit, and is the same each time", async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.nat(), async (revisions, cut) => {
        const earlier = await packHistory(revisions.slice(0, cut % (revisions.length + 1)));
        const objects = readPack(await packHistory(revisions));
        for (const id of readPack(earlier).keys()) expect(objects.has(id)).toBe(true);
        expect(await packHistory(revisions)).toEqual(await packHistory(revisions));
      }),
      { numRuns: 30 },
    );
  });

  it("gives objects git's own ids", async () => {
    const { head } = await packHistory([
      { at: 1_700_000_000, message: "one", files: { "a/b": "x\n", "a.b": "y\n", a0: "" } },
    ]);
    // From `git commit-tree` over the same files, author and date.
    expect(head).toBe("5bed2f35d0a2b811a2f445db0e78cb55cb021607");
  });
});
