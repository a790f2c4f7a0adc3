import { ARCHITECTURES, type Architecture } from "./recipe.ts";

/** A worker's recipe as it is served: its PKGBUILD, and the `.SRCINFO` that makepkg prints of it. */
export type RecipeText = { pkgbuild: string; srcinfo: string };

/** A binary that a recipe installs. Its filename is one that a release may have: nothing in it needs quoting. */
export type PublishedBinary = {
  architecture: Architecture;
  filename: string;
  /** In hexadecimal. */
  sha256: string;
  /** The text of its `.minisig`, and the key that made it in base64; null where there is nothing to check it by. */
  signature: { text: string; key: string } | null;
};

/** What a recipe is to install. `binaries` are those for its own platforms; none if it builds from source. */
export type PublishedVersion = { pkgver: string; sourceTag: string | null; binaries: readonly PublishedBinary[] };

/** The catalog that the checked-in recipes name. */
const CATALOG = "https://catalog.rbee.dev";

/**
 * The checked-in recipe, made one of `version` (null: of the version that it names itself) and of the catalog at the origin
 * `catalogUrl`. What does not depend on these stays as it was written. Both texts say the same: `.SRCINFO` is what
 * `makepkg --printsrcinfo` prints of the PKGBUILD, on any architecture. Architectures without a binary are left out.
 */
export function renderRecipe(recipe: RecipeText, version: PublishedVersion | null, catalogUrl: string): RecipeText {
  const checkedIn = /^pkgver=(.*)$/m.exec(recipe.pkgbuild)?.[1] ?? "";
  const render = (text: string): string => {
    const lines = text.split("\n").flatMap((line) => (version ? renderLine(line, checkedIn, version) : [line]));
    return lines.join("\n").replaceAll(CATALOG, () => catalogUrl);
  };
  return { pkgbuild: render(recipe.pkgbuild), srcinfo: render(recipe.srcinfo) };
}

function renderLine(line: string, checkedIn: string, { pkgver, sourceTag, binaries }: PublishedVersion): string[] {
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
  return [sourceTag === null ? line : line.replace(/#branch=[^"\s]*/, () => `#tag=${sourceTag}`)];
}

/** The one architecture that a line is about: a field's suffix or the value of `arch` in .SRCINFO, or a case of build(). */
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
  const values = { filename, sha256, key: signature?.key ?? "", signature: printfArgument(signature?.text ?? "") };
  return line.replace(
    /\b(filename|sha256|key|signature)=''/g,
    (_, name: keyof typeof values) => `${name}='${values[name]}'`,
  );
}

/**
 * A text as the argument of which `printf %b` prints it, out of characters that mean nothing between a shell's single quotes,
 * nor to hives, which count braces in strings too; and without a colon, so that no URL in it is taken for the catalog's.
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
 * A valid semantic version as the `pkgver` of a recipe or package, which may have no hyphen: `1.2.0-rc.1` becomes
 * `1.2.0rc.1`. vercmp sorts letters below the release itself, as semver does; a prerelease that begins with a digit is
 * given some (`1.2.0-1`: `1.2.0pre1`), or it would pass for a later version, as one that begins with a hyphen would. Without
 * two dots together, which no file name may have.
 */
export function pkgverOf(version: string): string {
  const [core = "", ...rest] = version.split("-");
  const prerelease = rest.join(".").replaceAll(/\.+/g, ".");
  return `${core}${/^[\d.]/.test(prerelease) ? "pre" : ""}${prerelease}`;
}
