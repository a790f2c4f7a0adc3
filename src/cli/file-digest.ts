import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** What a file's bytes come to. */
export type FileDigest = {
  size: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  /** BLAKE2b-512, 64 bytes: what minisign signs. */
  blake2b: Uint8Array<ArrayBuffer>;
};

/** Reads a file once, in constant memory. Throws what the file system throws. */
export async function digestFile(path: string, onRead: (bytes: number) => void = () => {}): Promise<FileDigest> {
  const sha256 = createHash("sha256");
  const blake2b = createHash("blake2b512");
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError("a file is read as bytes");
    sha256.update(chunk);
    blake2b.update(chunk);
    size += chunk.length;
    onRead(size);
  }
  return { size, sha256: sha256.digest("hex"), blake2b: new Uint8Array(blake2b.digest()) };
}
