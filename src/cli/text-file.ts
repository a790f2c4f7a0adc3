import { readFile } from "node:fs/promises";

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
