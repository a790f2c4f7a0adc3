import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { CliError, EXIT } from "../errors.ts";

/** The part of a program in which linkers put the name of its loader, in bytes. */
const HEAD = 4096;

/** The loader's absolute path, as a string of C (ELF, PT_INTERP). */
const LOADER = /\0(\/[^\0\s]*\/ld[-.\w]*)\0/;

/** The loader that the program at `path` names, or null: it needs none, or is no ELF file. Throws like `open`. */
export async function loaderOf(path: string): Promise<string | null> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    const head = buffer.toString("latin1", 0, bytesRead);
    return head.startsWith("\x7fELF") ? (LOADER.exec(head)?.[1] ?? null) : null;
  } finally {
    await file.close();
  }
}

/**
 * Throws `CliError` if the program at `path` needs a loader that this system does not have: a program for glibc on
 * musl, or a 64-bit program beside 32-bit libraries. `name` tells the person what it is.
 */
export async function requireLoader(path: string, name: string): Promise<void> {
  const loader = process.platform === "linux" ? await loaderOf(path) : null;
  if (loader === null || existsSync(loader)) return;
  throw new CliError(
    EXIT.failure,
    `${name} was not installed, because it cannot run here: its loader ${loader} is missing. ` +
      "It was built for another C library (such as glibc) than this system's.",
  );
}
