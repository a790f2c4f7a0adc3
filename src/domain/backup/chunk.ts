import { encodeHex } from "../../lib/encoding.ts";
import type { Chunk } from "./format.ts";

/**
 * Stores rows as a file of JSON Lines in gzip, under a key or the key that `keyOf` makes of its sum. R2 compares the
 * sum with the received bytes. Throws R2's errors.
 */
export async function writeChunk(
  bucket: R2Bucket,
  keyOf: string | ((sha256: string) => string),
  rows: readonly object[],
): Promise<Chunk> {
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const zipped = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  const bytes = await new Response(zipped).arrayBuffer();
  const sha256 = encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  const key = typeof keyOf === "string" ? keyOf : keyOf(sha256);
  await bucket.put(key, bytes, { sha256, httpMetadata: { contentType: "application/gzip" } });
  return { key, rows: rows.length, bytes: bytes.byteLength, sha256 };
}

/** The key of file `n` (from 1) of a part of a backup: a table, `changes` or `objects`. */
export const chunkKey = (id: string, part: string, n: number): string =>
  `${id}/${part}/${String(n).padStart(6, "0")}.jsonl.gz`;
