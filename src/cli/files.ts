import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { CliError, EXIT } from "./errors.ts";

/** Whether the file system threw `error` with this code (`ENOENT`, `EEXIST`, ...). */
export const isFileError = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

/**
 * A folder of the XDG specification for this command: `rbee` in the folder that the variable names, else in `~` and
 * `fallback`. A relative path in the variable is ignored, as the specification asks.
 */
export function xdgFolder(named: string | undefined, fallback: string): string {
  return join(named && isAbsolute(named) ? named : join(homedir(), fallback), "rbee");
}

/**
 * Makes a folder and the missing ones above it. One by one, because `mkdir` with `recursive` never ends on a file
 * system such as /proc, which has no place for new folders and says ENOENT. Throws `CliError`.
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  if ((await stat(folder).catch(() => null))?.isDirectory()) return;
  const parent = dirname(folder);
  if (parent !== folder) await makeFolder(parent, mode);
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    if (isFileError(error, "EEXIST") && (await stat(folder).catch(() => null))?.isDirectory()) return;
    const reason = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new CliError(EXIT.failure, `The folder ${folder} cannot be made (${reason}). Name another one.`);
  }
}

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
  await makeFolder(dirname(path), 0o700);
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(draft, text, { mode: 0o600 });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/**
 * Writes a private text to a new file, whole or not at all. Does nothing if the file exists: of several commands that
 * make it at once, one writes it. Throws the errors of the file system.
 */
export async function writeOnce(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path), 0o700);
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(draft, text, { mode: 0o600 });
    // A link fails if its name exists; a rename would replace the file of another command.
    await link(draft, path).catch((error: unknown) => {
      if (isFileError(error, "EEXIST")) return;
      // A file system without links.
      return writeFile(path, text, { mode: 0o600, flag: "wx" });
    });
  } catch (error) {
    if (!isFileError(error, "EEXIST")) throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Writes a private text to a new file. Throws `CliError` if the file exists, because it may be in use. */
export async function createPrivateFile(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path), 0o700);
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

/** Hashes the bytes of a file one after another. */
export class RunningDigest {
  /** The number of bytes so far. */
  size = 0;
  readonly #sha256 = createHash("sha256");
  readonly #blake2b = createHash("blake2b512");

  update(chunk: Uint8Array): void {
    this.#sha256.update(chunk);
    this.#blake2b.update(chunk);
    this.size += chunk.length;
  }

  /** Hashes all bytes of a file in constant memory. Throws the errors of the file system. */
  async updateFrom(path: string, onRead: (bytes: number) => void = () => {}): Promise<void> {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError("a file is read as bytes");
      this.update(chunk);
      onRead(this.size);
    }
  }

  /** The digest of all bytes. Call it once. */
  finish(): FileDigest {
    const blake2b = new Uint8Array(this.#blake2b.digest());
    return { size: this.size, sha256: this.#sha256.digest("hex"), blake2b };
  }
}

/** Hashes a file in one pass and constant memory. Throws the errors of the file system. */
export async function digestFile(path: string, onRead?: (bytes: number) => void): Promise<FileDigest> {
  const digest = new RunningDigest();
  await digest.updateFrom(path, onRead);
  return digest.finish();
}
