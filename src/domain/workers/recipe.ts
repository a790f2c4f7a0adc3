import { err, ok, type Result } from "../../lib/result.ts";

export const ARCHITECTURES = ["x86_64", "aarch64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** The source of a recipe: a git branch or tag to build, with the tag's commit if pinned, or one file to download. */
export type Source =
  | { type: "git"; url: string; branch?: string; tag?: string; commit?: string }
  | { type: "tarball"; url: string };

/** The options of the recipe's `cargo build`; empty if it builds nothing. */
export type CargoBuild = { features?: string[]; profile?: string; flags?: string[] };

/** The facts of a worker in its PKGBUILD and `.SRCINFO`. They are written nowhere else. */
export type Recipe = {
  id: string;
  version: string;
  description: string;
  license: string;
  architectures: Architecture[];
  depends: string[];
  makedepends: string[];
  source: Source;
  build: CargoBuild;
  /** The program below cargo's `target/release` that package() installs as `id`; null if the recipe builds nothing. */
  builtProgram: string | null;
  installPath: string;
};

/**
 * Parses a worker's recipe: the declared fields from its `.SRCINFO`, the cargo options and the installed path from the
 * functions of its PKGBUILD. The error is a sentence about a malformed or missing field.
 */
export function readRecipe(pkgbuild: string, srcinfo: string): Result<Recipe, string> {
  const parsed = parseSrcinfo(srcinfo);
  if (!parsed.ok) return parsed;
  const fields = parsed.value;
  const [id] = fields.get("pkgname") ?? [];
  const [version] = fields.get("pkgver") ?? [];
  const [description] = fields.get("pkgdesc") ?? [];
  const [sourceText] = ["source", ...ARCHITECTURES.map((name) => `source_${name}`)].flatMap((key) =>
    values(fields, key),
  );
  const directory = /"\$pkgdir(\/[^"]*)\/\$pkgname"/.exec(pkgbuild)?.[1];
  if (id === undefined || version === undefined || description === undefined) return err("a name or text is missing");
  if (sourceText === undefined) return err("there is no source");
  if (directory === undefined) return err("package() installs no $pkgname");
  return ok({
    id,
    version,
    description,
    license: values(fields, "license").join(" AND "),
    architectures: ARCHITECTURES.filter((architecture) => values(fields, "arch").includes(architecture)),
    depends: values(fields, "depends"),
    makedepends: values(fields, "makedepends"),
    source: readSource(sourceText, /^ {2}commit='([0-9a-f]+)'/m.exec(pkgbuild)?.[1]),
    build: readCargoBuild(pkgbuild),
    builtProgram: /"\$srcdir\/[^"]*\/target\/release\/([^"/]+)"/.exec(pkgbuild)?.[1]?.replace("$pkgname", id) ?? null,
    installPath: `${directory}/${id}`,
  });
}

const values = (fields: Srcinfo, key: string): string[] => [...(fields.get(key) ?? [])];

/**
 * A PKGBUILD source, `[name::][git+]URL[#branch=B|#tag=T]` (PKGBUILD(5), "Using VCS sources"). `commit` is the one that
 * build() demands of the tag. The address of a repository is the plain one: `https://github.com:443/` in a recipe only
 * keeps hives from an address for SSH.
 */
function readSource(text: string, commit: string | undefined): Source {
  const [location = "", fragment = ""] = text.replace(/^.*?::/, "").split("#");
  // Clients know two kinds of source. A file is the second.
  if (!location.startsWith("git+")) return { type: "tarball", url: location };
  const [kind, name = ""] = fragment.split("=");
  const url = location.slice("git+".length).replace(/^(https:\/\/[^/:]+):443\//, "$1/");
  if (kind === "branch") return { type: "git", url, branch: name };
  if (kind !== "tag") return { type: "git", url };
  return { type: "git", url, tag: name.replace(/^refs\/tags\//, ""), ...(commit !== undefined && { commit }) };
}

function readCargoBuild(pkgbuild: string): CargoBuild {
  const command = /^\s*cargo build (.+)$/m.exec(pkgbuild)?.[1];
  if (command === undefined) return {};
  const build: Required<CargoBuild> = { features: [], profile: "dev", flags: [] };
  const words = command.split(/\s+/).values();
  for (const word of words) {
    if (word === "--release") build.profile = "release";
    else if (word === "--features") build.features.push(...(words.next().value ?? "").split(","));
    else build.flags.push(word);
  }
  return build;
}

/** The fields of a `.SRCINFO` with their values in order. A field that occurs once has one value. */
export type Srcinfo = ReadonlyMap<string, readonly string[]>;

/**
 * Parses a `.SRCINFO` (`makepkg --printsrcinfo`; ".SRCINFO" in the Arch Linux wiki): lines of `key = value`, blank
 * lines and `#` comments. Only recipes of a single package are accepted: `pkgname` occurs once and equals `pkgbase`.
 * The error is a sentence about the line or the package.
 */
export function parseSrcinfo(text: string): Result<Srcinfo, string> {
  const fields = new Map<string, string[]>();
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, key, value] = /^([a-z0-9_]+) = (.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) return err(`line ${index + 1} is not "key = value"`);
    const values = fields.get(key);
    if (values) values.push(value);
    else fields.set(key, [value]);
  }
  const [base] = fields.get("pkgbase") ?? [];
  const names = fields.get("pkgname") ?? [];
  if (base === undefined || names.length !== 1 || names[0] !== base)
    return err("it does not describe exactly one package");
  return ok(fields);
}
