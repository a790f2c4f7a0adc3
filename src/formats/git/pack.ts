import { sha1 } from "@noble/hashes/legacy.js";
import { concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeHex } from "../../lib/encoding.ts";
import type { GitObject, GitObjectType } from "./object.ts";

/** A pack and its index. `name` is the pack's checksum, as in git, so a name never has different bytes. */
export type Pack = { name: string; pack: Uint8Array; index: Uint8Array };

/** gitformat-pack(5), "Object types". */
const TYPES: Record<GitObjectType, number> = { commit: 1, tree: 2, blob: 3 };

/** Packs objects, each given once, without deltas (gitformat-pack(5): pack version 2, index version 2). */
export async function packObjects(objects: readonly GitObject[]): Promise<Pack> {
  // A static import would make every isolate evaluate node:zlib and its streams at its start.
  const { crc32, deflateSync } = await import("node:zlib");
  const parts = [utf8ToBytes("PACK"), uint32s(2, objects.length)];
  let offset = 12;
  const entries = objects.map(({ type, id, body }) => {
    const packed = concatBytes(entryHeader(TYPES[type], body.length), deflateSync(body));
    const entry = { id: hexToBytes(id), checksum: crc32(packed), offset };
    parts.push(packed);
    offset += packed.length;
    return entry;
  });
  const content = concatBytes(...parts);
  const checksum = sha1(content);
  return { name: encodeHex(checksum), pack: concatBytes(content, checksum), index: packIndex(entries, checksum) };
}

type Entry = { id: Uint8Array; checksum: number; offset: number };

function packIndex(entries: Entry[], packChecksum: Uint8Array): Uint8Array {
  const sorted = entries.toSorted((a, b) => compareBytes(a.id, b.id));
  const upTo = Array.from({ length: 256 }, (_, first) => sorted.filter(({ id: [byte = 0] }) => byte <= first).length);
  const content = concatBytes(
    Uint8Array.of(0xff, 0x74, 0x4f, 0x63),
    uint32s(2, ...upTo),
    ...sorted.map(({ id }) => id),
    uint32s(...sorted.map(({ checksum }) => checksum)),
    uint32s(...sorted.map(({ offset }) => offset)),
    packChecksum,
  );
  return concatBytes(content, sha1(content));
}

/** The type and size of an object: four bits of size beside the type, then seven bits a byte, lowest first. */
function entryHeader(type: number, size: number): Uint8Array {
  const bytes = [(type << 4) | (size & 15)];
  for (let rest = size >>> 4; rest > 0; rest >>>= 7) {
    bytes.push((bytes.pop() ?? 0) | 0x80, rest & 0x7f);
  }
  return Uint8Array.from(bytes);
}

/** Encodes numbers below 2^32 in four bytes each, big-endian. */
function uint32s(...numbers: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * numbers.length);
  const view = new DataView(bytes.buffer);
  for (const [index, number] of numbers.entries()) view.setUint32(4 * index, number);
  return bytes;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
