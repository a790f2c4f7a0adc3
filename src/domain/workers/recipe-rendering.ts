import { ARCHITECTURES, type Architecture } from "./recipe.ts";

/** A worker's recipe as it is served: its PKGBUILD, and the `.SRCINFO` that makepkg prints for it. */
export type RecipeText = { pkgbuild: string; srcinfo: string };

/** A binary that a recipe installs. Its name is valid for a release, so it needs no quoting. */
export type PublishedBinary = {
  architecture: Architecture;
  filename: string;
  /** In hexadecimal. */
  sha256: string;
  /**
   * The text of its `.minisig`, and its public key in base64; null if the client has nothing to check it by. `bound`:
   * clients refuse a trusted comment without file, worker and version, not only one that names others.
   */
  signature: { text: string; key: string; bound: boolean } | null;
};

/**
 * The tag that a recipe builds, and its commit if that is pinned. Both fit a release, so they need no quoting. With
 * `archive`, the recipe builds that file of the catalog, at `path` and with the SHA-256 in hexadecimal. It clones
 * nothing.
 */
export type PublishedSource = {
  tag: string;
  commit: string | null;
  archive: { path: string; sha256: string } | null;
};

/**
 * The version that a recipe installs. `binaries` are those for its own platforms; empty if it builds from source. Then
 * `source` is the tag to build; null for the branch of the checked-in recipe.
 */
export type PublishedVersion = {
  pkgver: string;
  source: PublishedSource | null;
  binaries: readonly PublishedBinary[];
};

/** The origin of the catalog in the checked-in recipes. */
const CATALOG = "https://catalog.rbee.dev";

/**
 * Renders a checked-in recipe for `version` (null: the version in the recipe) and for the catalog with the origin
 * `catalogUrl`. Everything else stays as it is. `.SRCINFO` stays equal to the output of `makepkg --printsrcinfo` for
 * the PKGBUILD, on any architecture. Architectures without a binary are left out.
 */
export function renderRecipe(recipe: RecipeText, version: PublishedVersion | null, catalogUrl: string): RecipeText {
  const checkedIn = /^pkgver=(.*)$/m.exec(recipe.pkgbuild)?.[1] ?? "";
  const render = (text: string): string => {
    const lines = text.split("\n").flatMap((line) => (version ? renderLine(line, checkedIn, version) : [line]));
    return lines.join("\n").replaceAll(CATALOG, () => catalogUrl);
  };
  return { pkgbuild: render(recipe.pkgbuild), srcinfo: render(recipe.srcinfo) };
}

function renderLine(line: string, checkedIn: string, { pkgver, source, binaries }: PublishedVersion): string[] {
  const architecture = architectureOf(line);
  if (binaries.length > 0 && architecture !== null) {
    const binary = binaries.find((candidate) => candidate.architecture === architecture);
    return binary ? [renderBinary(line, checkedIn, pkgver, binary)] : [];
  }
  if (binaries.length > 0 && line.startsWith("arch=")) {
    return [`arch=(${binaries.map((binary) => `'${binary.architecture}'`).join(" ")})`];
  }
  const [assignment] = /^\t?pkgver ?= ?/.exec(line) ?? [];
  if (assignment !== undefined) return [`${assignment}${pkgver}`];
  return source === null ? [line] : renderSource(line, source);
}

/**
 * A line of a recipe that builds a tag. makepkg gets the tag's whole reference name, which no branch, commit id or pull
 * request can have. `git clone --branch`, as hives run it, knows only short names, so hives get one of their own: in a
 * here-document, which bash does not execute. build() compares the commit, whichever of the two was fetched.
 */
function renderSource(line: string, { tag, commit, archive }: PublishedSource): string[] {
  if (archive !== null) return [renderArchive(line, archive)];
  const name = (reference: string): string => line.replace(/#branch=[^"\s]*/, () => `#tag=${reference}`);
  if (line.startsWith("source=(") && line.includes("#branch=")) {
    const ofHives = [
      "# Only hives read this source: their git clone takes the short name alone.",
      ": <<'HIVE'",
      name(tag),
      "HIVE",
    ];
    return [name(`refs/tags/${tag}`), ...ofHives];
  }
  if (line.startsWith("\tsource = ")) return [name(`refs/tags/${tag}`)];
  return [
    line.replace(/\b(tag|commit)=''/g, (_, field: string) => `${field}='${field === "tag" ? tag : (commit ?? "")}'`),
  ];
}

/**
 * A line of a recipe that builds a source archive. makepkg fetches it, compares its sum and unpacks it. A hive skips a
 * file, so build() does the same there. The archive has a Cargo.lock, which cargo must keep to.
 */
function renderArchive(line: string, { path, sha256 }: { path: string; sha256: string }): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const url = `${CATALOG}${path}`;
  if (line.startsWith("source=(")) return `source=("${name}::${url}")`;
  if (line.startsWith("\tsource = ")) return `\tsource = ${name}::${url}`;
  if (/^\t?sha256sums ?=/.test(line)) return line.replace("SKIP", sha256);
  if (/^\t?makedepends ?=/.test(line)) return line.replace(/\bgit\b/, "curl");
  if (line.startsWith("  cargo build ")) return line.replace("cargo build", "cargo build --locked");
  const values = { archive: name, sha256, address: url };
  return line.replace(
    /\b(archive|sha256|address)=''/g,
    (_, field: keyof typeof values) => `${field}='${values[field]}'`,
  );
}

/** The architecture in a line: a field's suffix, `arch` in .SRCINFO, or a case of build(). Null if none. */
function architectureOf(line: string): Architecture | null {
  const [, suffix, value, pattern] =
    /^\t?\w+_(x86_64|aarch64) ?=|^\tarch = (\w+)$|^ {4}(x86_64|aarch64)\b.*\) /.exec(line) ?? [];
  return ARCHITECTURES.find((known) => [suffix, value, pattern].includes(known)) ?? null;
}

function renderBinary(line: string, checkedIn: string, pkgver: string, binary: PublishedBinary): string {
  const { filename, sha256, signature } = binary;
  if (line.startsWith("\tsource_")) return line.replaceAll(checkedIn, pkgver).replace(/[^/]*$/, filename);
  if (line.startsWith("source_")) return line.replace(/[^/]*"\)$/, `${filename}")`);
  if (line.includes("sha256sums_")) return line.replace("SKIP", sha256);
  const { text = "", key = "", bound = false } = signature ?? {};
  const values = { filename, sha256, key, signature: printfArgument(text), bound: bound ? "yes" : "" };
  return line.replace(
    /\b(filename|sha256|key|signature|bound)=''/g,
    (_, name: keyof typeof values) => `${name}='${values[name]}'`,
  );
}

/**
 * A text as an argument that `printf %b` prints. It has no character that is special between single quotes in a shell.
 * It has no brace, because hives count braces in strings, too. It has no colon, so that no URL in it is replaced by the
 * catalog's.
 */
function printfArgument(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    if (character === "\n") return "\\n";
    return /[A-Za-z0-9 .,=+/_-]/.test(character) ? character : `\\0${byte.toString(8).padStart(3, "0")}`;
  }).join("");
}

/**
 * A valid semantic version as the `pkgver` of a recipe or package, which must not contain a hyphen: `1.2.0-rc.1`
 * becomes `1.2.0rc.1`. vercmp sorts letters below the release itself, as semver does. So a prerelease that begins with
 * a digit gets a prefix (`1.2.0-1`: `1.2.0pre1`), or it would count as a later version. Two consecutive dots become
 * one, because no file name may have two.
 */
export function pkgverOf(version: string): string {
  const [core = "", ...rest] = version.split("-");
  const prerelease = rest.join(".").replaceAll(/\.+/g, ".");
  return `${core}${/^[\d.]/.test(prerelease) ? "pre" : ""}${prerelease}`;
}
