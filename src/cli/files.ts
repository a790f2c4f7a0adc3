import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { CliError, EXIT } from "./errors.ts";

/** Whether the file system threw `error` with this code (`ENOENT`, `EEXIST`, ...). */
export const isFileError = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

/** The text of a file, or null if there is no such file. Throws every other error of the file system. */
export async function readTextIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isFileError(error, "ENOENT")) return null;
    throw error;
  }
}

/** The bytes of a file that the user named. Throws `CliError` (usage) if it cannot be read. */
export async function readNamedFile(path: string): Promise<Buffer> {
  return readFile(path).catch(() => {
    throw new CliError(EXIT.usage, `${path} cannot be read.`);
  });
}

/**
 * Writes a text that only its owner may read (mode 0600). Makes the folder (0700) if it is missing. The write is
 * atomic, by a rename: a reader sees the old text or the new one. Throws the errors of the file system.
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

/** Writes a private text to a new file. Throws `CliError` if the file exists, because it may be in use. */
export async function createPrivateFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if (!isFileError(error, "EEXIST")) throw error;
    throw new CliError(EXIT.usage, `${path} exists already and may be in use. Name another file with --out.`);
  }
}

/** The size and the hashes of a file. */
export type FileDigest = {
  size: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  /** BLAKE2b-512, 64 bytes. A minisign signature is over this hash. */
  blake2b: Uint8Array<ArrayBuffer>;
};

/** Hashes a file in one pass and constant memory. Throws the errors of the file system. */
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
