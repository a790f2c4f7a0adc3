import type { Libc } from "./facts.ts";
import type { System } from "./system.ts";

/** The loaders of glibc. `--version` makes them print glibc's version. */
const GLIBC_LOADERS = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];

/**
 * Finds the C library of a Linux, or null. glibc is asked first, because a distribution with glibc may have musl's
 * loader as well (aws/aws-cli#10668). Images without `getconf` and `ldd` have the loader (axodotdev/cargo-dist#1439).
 */
export async function findLibc({ run, list }: System): Promise<Libc | null> {
  const version = /^glibc (\d[\d.]*)/.exec((await run("getconf", "GNU_LIBC_VERSION"))?.output ?? "")?.[1];
  if (version !== undefined) return { name: "glibc", version };
  for (const program of ["ldd", ...GLIBC_LOADERS]) {
    const libc = libcOf((await run(program, "--version"))?.output ?? "");
    if (libc !== null) return libc;
  }
  const loaders = await list("/lib");
  return loaders.some((path) => path.startsWith("/lib/ld-musl-")) ? { name: "musl" } : null;
}

/**
 * The C library that the output of `ldd --version`, or of a loader, tells of; null if it tells of none. musl's `ldd`
 * prints "musl libc (x86_64)" and "Version 1.2.4", glibc's "ldd (Debian GLIBC 2.36-9) 2.36".
 */
export function libcOf(output: string): Libc | null {
  const [first = ""] = output.split("\n", 1);
  if (/musl/i.test(output)) return withVersion("musl", /^Version (\d[\d.]*)/m.exec(output)?.[1]);
  if (/GLIBC|GNU libc/.test(first)) return withVersion("glibc", /[^\d.](\d+\.[\d.]*\d)\.?$/.exec(first)?.[1]);
  return null;
}

const withVersion = (name: Libc["name"], version: string | undefined): Libc =>
  version === undefined ? { name } : { name, version };
