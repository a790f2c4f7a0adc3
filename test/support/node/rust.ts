import { createHash } from "node:crypto";
import { type Dirent, existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT, type Run, run } from "../../end-to-end/program-run.ts";

/** Debian's cargo. One of another name on the PATH, such as rustup's, would ask a registry. */
const CARGO = "/usr/bin/cargo";

/** The sources of the crates that Debian packages. */
const CRATES = "/usr/share/cargo/registry";

/** The crates that `clients/rust/Cargo.toml` names, as Debian's folders begin. */
const NEEDED = ["base64", "blake2b_simd", "flate2", "ring", "semver", "serde_json", "tempfile", "ureq", "url"];

/** Whether Debian's cargo and crates are installed. Warns if not: the tests that need them are then skipped. */
export async function hasDebianRust(...further: string[]): Promise<boolean> {
  const folders = existsSync(CRATES) ? await readdir(CRATES) : [];
  const missing = [
    ...[CARGO, "/usr/bin/cargo-clippy", "/usr/bin/cargo-fmt"].filter((program) => !existsSync(program)),
    ...[...NEEDED, ...further].filter((crate) => !folders.some((name) => name.startsWith(`${crate}-`))),
  ];
  if (missing.length > 0)
    console.warn(`Skipped, not passed: tests that need ${missing.join(", ")}, not installed here.`);
  return missing.length === 0;
}

/** Where crates are built. It stays between runs, because their dependencies take most of the time. */
const CACHE = join(PROJECT, "node_modules/.cache/rust");

/**
 * A copy of the crate in `clients/rust`, so that no build writes into the repository. Returns its folder, which is
 * named by the crate's contents: suites that run at once share it, and cargo builds it once.
 */
export async function copyOfRustClient(): Promise<string> {
  const source = join(PROJECT, "clients/rust");
  const sum = createHash("sha256");
  for (const entry of (await readdir(source, { recursive: true, withFileTypes: true })).toSorted(byPath)) {
    if (entry.isFile()) sum.update(pathOf(entry)).update(await readFile(pathOf(entry)));
  }
  const copy = join(CACHE, `client-${sum.digest("hex").slice(0, 16)}`);
  if (existsSync(copy)) return copy;
  await mkdir(CACHE, { recursive: true });
  const made = await mkdtemp(join(CACHE, "copy-"));
  await cp(source, made, { recursive: true });
  // Another suite may have been faster.
  await rename(made, copy).catch(() => rm(made, { recursive: true }));
  return copy;
}

/** A new crate `name` of these parts of a Cargo.toml, with an empty `src`. It is kept as the crates above. */
export async function crateFolder(name: string, manifest: readonly string[]): Promise<string> {
  const folder = join(CACHE, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, "src"), { recursive: true });
  await writeFile(join(folder, "Cargo.toml"), `${manifest.join("\n\n")}\n`);
  return folder;
}

const pathOf = ({ parentPath, name }: Dirent): string => join(parentPath, name);
const byPath = (a: Dirent, b: Dirent): number => (pathOf(a) < pathOf(b) ? -1 : 1);

/**
 * Runs Debian's cargo in a crate's folder, without a network: every crate comes from Debian's packages. Variables for
 * its environment may come before the arguments.
 */
export async function cargo(folder: string, ...given: [NodeJS.ProcessEnv, ...string[]] | string[]): Promise<Run> {
  const [first, ...others] = given;
  const own = typeof first === "object" ? first : {};
  const args = [...(typeof first === "string" ? [first] : []), ...others.map(String)];
  const home = join(CACHE, "home");
  await mkdir(home, { recursive: true });
  const sources = `[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "${CRATES}"\n`;
  await writeFile(join(home, "config.toml"), sources);
  const [command = "", ...rest] = args;
  return run(CARGO, [command, "--manifest-path", join(folder, "Cargo.toml"), ...rest], {
    env: {
      // Its sub-commands call rustc and rustfmt by name.
      PATH: `/usr/bin:${process.env["PATH"]}`,
      CARGO_HOME: home,
      CARGO_NET_OFFLINE: "true",
      CARGO_TARGET_DIR: TARGET,
      // Half of the time, and nobody debugs these builds.
      CARGO_PROFILE_DEV_DEBUG: "0",
      CARGO_INCREMENTAL: "0",
      RUST_BACKTRACE: "0",
      RBEE_VECTORS: join(PROJECT, "docs/vectors"),
      ...own,
    },
  });
}

const TARGET = join(CACHE, "target");

/** The path of the program of a crate that has been built. */
export const builtProgram = (name: string): string => join(TARGET, "debug", name);

/** The path of an example, or of the patched hive, that has been built. */
export const builtExample = (name: string): string => builtProgram(name === PATCHED ? name : `examples/${name}`);

const PATCHED = "patched-hive";

/**
 * Builds the module that `hive.patch` adds to the hive, taken out of the patch, with the client in `crate`. The rest of
 * a hive cannot be built here: Debian does not package all of its crates.
 */
export async function builtPatchedHive(crate: string): Promise<Run> {
  const folder = join(crate, "tests/hive");
  const include = ["--include=bin/20_rbee_hive/src/binary_install.rs", join(crate, "hive.patch")];
  await rm(join(folder, "bin"), { recursive: true, force: true });
  // The copy lies inside of the repository, where git would take the paths for the repository's own.
  const applied = await run("git", ["-C", folder, "apply", ...include], { env: { GIT_CEILING_DIRECTORIES: crate } });
  if (applied.code !== 0) return applied;
  await cp(join(folder, "bin/20_rbee_hive/src/binary_install.rs"), join(folder, "src/binary_install.rs"));
  return cargo(folder, "build");
}
