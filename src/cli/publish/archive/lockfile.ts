import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { ARCHIVE_FOLDER } from "../../../domain/releases/source/archive.ts";
import { printableLines } from "../../../lib/printable.ts";
import { CliError, EXIT } from "../../errors.ts";
import { readNamedFile } from "../../files.ts";
import { type ArchiveContents, writeArchive } from "./write.ts";

/** The name of cargo's lock file, at the top of the workspace. */
export const LOCKFILE = "Cargo.lock";

/** Reads a lock file that the publisher names. Throws `CliError` (usage) if it is none. */
export async function readLockfile(path: string): Promise<string> {
  const text = (await readNamedFile(path)).toString("utf8");
  if (/^\[\[package\]\]$/m.test(text)) return text;
  throw new CliError(EXIT.usage, `${path} is not a Cargo.lock.`);
}

/**
 * Makes a lock file for the contents of an archive, by `cargo generate-lockfile` in the folder `work`. It takes the
 * newest crates of today that this Rust compiles, so two days give two lock files. Throws `CliError` without cargo.
 */
export async function makeLockfile(contents: ArchiveContents, work: string): Promise<string> {
  const [archive, folder] = [join(work, "unlocked.tar.gz"), join(work, "unlocked")];
  await writeArchive(archive, contents);
  await mkdir(folder);
  await promisify(execFile)("tar", ["-xzf", archive, "-C", folder]);
  // As in the recipes: no targets of rustup that no worker needs, and no crate that this Rust cannot compile.
  const { RUSTUP_TOOLCHAIN = "stable" } = process.env;
  const env = { ...process.env, RUSTUP_TOOLCHAIN, CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS: "fallback" };
  const workspace = join(folder, ARCHIVE_FOLDER);
  try {
    await promisify(execFile)("cargo", ["generate-lockfile"], { cwd: workspace, env });
    return await readFile(join(workspace, LOCKFILE), "utf8");
  } catch (error) {
    const said = z.object({ code: z.unknown().optional(), stderr: z.string().optional() }).safeParse(error).data;
    const reason =
      said?.code === "ENOENT"
        ? "cargo is not installed"
        : `cargo failed: ${printableLines(said?.stderr?.trim() ?? "")}`;
    throw new CliError(
      EXIT.failure,
      `The commit has no Cargo.lock, and none could be made: ${reason}. Install Rust, or give --lockfile FILE.`,
      { cause: error },
    );
  }
}
