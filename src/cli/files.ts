import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { CliError, EXIT } from "./errors.ts";

/** Whether an error is the file system's, with this code (`ENOENT`, `EEXIST`, ...). */
export const isFileError = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

/** The text of a file, or null if there is none. Throws what else the file system throws. */
export async function readTextIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isFileError(error, "ENOENT")) return null;
    throw error;
  }
}

/**
 * Writes a text that only its owner may read (mode 0600), making its folder (0700) if need be. A reader finds the old
 * text or the new one, never a part: it is written beside and renamed. Throws what the file system throws.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(draft, text, { mode: 0o600 });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Writes a private text to a path where nothing is yet. Throws `CliError` rather than replace what may be in use. */
export async function createPrivateFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if (!isFileError(error, "EEXIST")) throw error;
    throw new CliError(EXIT.usage, `${path} exists already and may be in use. Name another file with --out.`);
  }
}

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
