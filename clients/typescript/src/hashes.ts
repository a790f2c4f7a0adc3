import { blake2b } from "@noble/hashes/blake2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesOf, toHex } from "./bytes.ts";

/** The size and the digests of a file: the sum in hexadecimal, and the 64 bytes that minisign signs. */
export type FileDigest = { size: number; sha256: string; blake2b: Uint8Array<ArrayBuffer> };

/** The running digests of a file: `size` is that of the bytes so far, and `finish` is called once. */
export type Digest = { readonly size: number; update(bytes: Uint8Array): void; finish(): FileDigest };

/**
 * The digests of a file that arrives piece by piece, in every runtime. They come from `@noble/hashes`: WebCrypto takes
 * a message in one piece only, and has no BLAKE2b.
 */
export class RunningDigest implements Digest {
  readonly #sha256 = sha256.create();
  readonly #blake2b = blake2b.create({ dkLen: 64 });
  /** The bytes so far. */
  size = 0;

  update(bytes: Uint8Array): void {
    this.#sha256.update(bytes);
    this.#blake2b.update(bytes);
    this.size += bytes.length;
  }

  /** The digests of all bytes. Call it once. */
  finish(): FileDigest {
    const { size } = this;
    return { size, sha256: toHex(this.#sha256.digest()), blake2b: new Uint8Array(this.#blake2b.digest()) };
  }
}

/** The digests of a text's UTF-8 bytes. */
export function digestOfText(text: string): FileDigest {
  const digest = new RunningDigest();
  digest.update(bytesOf(text));
  return digest.finish();
}
