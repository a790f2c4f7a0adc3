import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { CliError, EXIT } from "./exit-code.ts";
import { isFileError } from "./text-file.ts";

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
