import { decodeBase64, encodeBase64, encodeHex } from "../../../lib/encoding.ts";
import { type StreamHash, streamHash } from "../../../lib/hash/stream-hash.ts";

/** The size and hashes of a file's bytes. */
export type Measured = { size: number; sha256: string; blake2b512: Uint8Array<ArrayBuffer> };

/** A measurement to go on with: the bytes so far, and the states of the hashes after them in base64. */
export type SavedMeasurement = { checked: number; blake2b512: string; sha256: string };

/** The measurement of a file that is read in one go or in steps, with one reused buffer for files of any size. */
export type Measurement = {
  /**
   * Reads a stream to its end. `also` sees each piece, which it must not keep. Throws the stream's errors; the
   * measurement is of no use then.
   */
  read(bytes: ReadableStream<Uint8Array>, also?: (piece: Uint8Array) => void): Promise<void>;
  /** The number of bytes so far. */
  checked(): number;
  save(): SavedMeasurement;
  /** The result. The measurement has ended then. */
  result(): Measured;
};

/** The size of the read buffer, in bytes. */
const CHUNK = 256 * 1024;

/** Begins a measurement, or goes on with one. */
export function measurement(saved: SavedMeasurement | null = null): Measurement {
  const hashOf = (name: "blake2b512" | "sha256"): StreamHash =>
    streamHash(name, saved === null ? undefined : decodeBase64(saved[name]));
  const blake2b512 = hashOf("blake2b512");
  const sha256 = hashOf("sha256");
  let checked = saved?.checked ?? 0;
  return {
    read: (bytes, also) =>
      readPieces(bytes, (piece) => {
        blake2b512.update(piece);
        sha256.update(piece);
        checked += piece.length;
        also?.(piece);
      }),
    checked: () => checked,
    save: () => ({ checked, blake2b512: encodeBase64(blake2b512.save()), sha256: encodeBase64(sha256.save()) }),
    result: () => ({ size: checked, sha256: encodeHex(sha256.digest()), blake2b512: blake2b512.digest() }),
  };
}

/** Reads a byte stream to its end into one reused buffer: `take` must not keep a piece. Throws the stream's errors. */
export async function readPieces(bytes: ReadableStream<Uint8Array>, take: (piece: Uint8Array) => void): Promise<void> {
  const reader = bytes.getReader({ mode: "byob" });
  let buffer: ArrayBufferLike = new ArrayBuffer(CHUNK);
  for (;;) {
    const read: ReadableStreamReadResult<Uint8Array> = await reader.readAtLeast(CHUNK, new Uint8Array(buffer));
    if (read.done) return;
    take(read.value);
    buffer = read.value.buffer;
  }
}

/** Measures a byte stream to its end. `also` sees each piece. Throws the stream's errors. */
export async function measure(
  bytes: ReadableStream<Uint8Array>,
  also?: (piece: Uint8Array) => void,
): Promise<Measured> {
  const whole = measurement();
  await whole.read(bytes, also);
  return whole.result();
}
