/** The facts that a hive reads from a PKGBUILD. */
export type HivePkgbuild = {
  values: ReadonlyMap<string, string>;
  arrays: ReadonlyMap<string, string[]>;
  build: string | null;
  package: string | null;
};

const BY_ARCHITECTURE = ["source_x86_64", "source_aarch64", "sha256sums_x86_64", "sha256sums_aarch64"];
const ARRAYS = new Set(["arch", "license", "depends", "makedepends", "source", "sha256sums", ...BY_ARCHITECTURE]);

/**
 * Reads a PKGBUILD exactly as the hives in use do, so that a recipe that only makepkg understands fails here. Their
 * reader trims each line. Every line with `=` outside of build() and package() is an assignment. An array ends on its
 * line and is split at white space. Nothing is expanded. A function ends at the first line end where its braces are
 * balanced. Throws where the hive fails or crashes.
 */
export function parseAsHive(text: string): HivePkgbuild {
  const lines = text.split("\n").map((line) => line.trim());
  const values = new Map<string, string>();
  const arrays = new Map<string, string[]>();
  const functions = new Map<string, string>();
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    at += 1;
    if (line === "" || line.startsWith("#")) continue;
    const equals = line.indexOf("=");
    if (equals !== -1) {
      const key = line.slice(0, equals).trim();
      const value = line.slice(equals + 1).trim();
      if (ARRAYS.has(key)) arrays.set(key, readArray(value));
      else values.set(key, unquote(value));
      continue;
    }
    const name = /^(build|package)\(\)/.exec(line)?.[1];
    if (name === undefined) continue;
    const [body, end] = readFunction(lines, at);
    functions.set(name, body);
    at = end;
  }
  for (const required of ["pkgname", "pkgver", "pkgrel"]) {
    if (!values.has(required)) throw new Error(`the hive finds no ${required}`);
  }
  return { values, arrays, build: functions.get("build") ?? null, package: functions.get("package") ?? null };
}

function readArray(value: string): string[] {
  if (!value.startsWith("(") || !value.endsWith(")")) return [unquote(value)];
  return value
    .slice(1, -1)
    .split(/\s+/)
    .filter((word) => word !== "")
    .map(unquote)
    .filter((word) => word !== "");
}

/** The first line of a function is skipped whole. */
function readFunction(lines: string[], start: number): [body: string, end: number] {
  let depth = 1;
  for (let at = start; at < lines.length; at++) {
    for (const character of lines[at] ?? "") depth += character === "{" ? 1 : character === "}" ? -1 : 0;
    if (depth === 0) return [lines.slice(start, at).join("\n"), at + 1];
  }
  throw new Error("the hive finds no end of the function");
}

function unquote(text: string): string {
  if (text === '"' || text === "'") throw new Error("the hive crashes on a lone quote");
  const [first, last] = [text.at(0), text.at(-1)];
  return first === last && (first === '"' || first === "'") ? text.slice(1, -1) : text;
}

/**
 * The sources that a hive fetches on a machine of `architecture`. Hives in use know the generic array only. The newer
 * crate takes the array of its architecture if that has an element: `get_sources_for_arch` in
 * bin/25_rbee_hive_crates/worker-provisioner/src/pkgbuild/parser.rs of rbee-keeper/rbee at 0509312f.
 */
export const hiveSources = {
  inUse: ({ arrays }: HivePkgbuild): string[] => arrays.get("source") ?? [],
  newer: ({ arrays }: HivePkgbuild, architecture: string): string[] => {
    const own = arrays.get(`source_${architecture}`) ?? [];
    return own.length > 0 ? own : (arrays.get("source") ?? []);
  },
};

/** Says what a hive does with one source: clone it, skip it silently, or refuse the installation. */
export function hiveSourceAction(source: string): "clone" | "skip" | "fail" {
  if (source.startsWith("git+")) return "clone";
  return /^https?:\/\//.test(source) ? "fail" : "skip";
}

/** Returns the script that a hive writes around a function's body and runs with bash. */
export function hiveScript(recipe: HivePkgbuild, body: string, srcdir: string, pkgdir: string): string {
  const exported = ["pkgname", "pkgver", "pkgrel"].map((name) => `export ${name}="${recipe.values.get(name)}"`);
  return ["set -e", "set -u", ...exported, `export srcdir="${srcdir}"`, `export pkgdir="${pkgdir}"`, body, ""].join(
    "\n",
  );
}
