import { sha256 } from "@noble/hashes/sha2.js";
import { encodeHex } from "../../lib/encoding.ts";
import type { Recipe } from "./recipe.ts";
import type { PublishedBinary } from "./recipe-rendering.ts";

/** The release that the recipe installs: its version, also as `pkgver`, and its binaries for Linux. */
export type BinaryRelease = { version: string; pkgver: string; binaries: readonly PublishedBinary[] };

type Facts = Pick<Recipe, "id" | "description" | "license" | "depends"> & { homepage: string };

/**
 * The PKGBUILD that installs the released binaries of a free worker, from the catalog with the origin `catalogUrl`.
 * makepkg alone runs it: hives build the worker's other recipe. makepkg compares the checksums, and prepare() checks
 * the signature and the names in it.
 */
export function binaryRecipe(
  { id, description, license, depends, homepage }: Facts,
  { version, pkgver, binaries }: BinaryRelease,
  catalogUrl: string,
): string {
  const isSigned = binaries.some(({ signature }) => signature !== null);
  const sources = binaries.flatMap(({ architecture, filename, sha256: sum, signature }) => {
    const saved = savedName(id, pkgver, architecture);
    const url = `${catalogUrl}/v1/workers/${id}/${version}/files/${filename}`;
    const files = [
      { source: `${saved}::${url}`, sum },
      ...(signature === null
        ? []
        : [
            {
              source: `${saved}.minisig::${url}.minisig`,
              sum: encodeHex(sha256(new TextEncoder().encode(signature.text))),
            },
          ]),
    ];
    return [
      `source_${architecture}=${array(files.map(({ source }) => source))}`,
      `sha256sums_${architecture}=${array(files.map((file) => file.sum))}`,
    ];
  });
  return `# Maintainer: the rbee project
#
# Installs the released binary of a free worker. makepkg alone runs this file: a hive builds the recipe at
# ${catalogUrl}/workers/${id}/PKGBUILD.

pkgname=${id}
pkgver=${pkgver}
pkgrel=1
pkgdesc=${quoted(description)}
arch=${array(binaries.map(({ architecture }) => architecture))}
url=${quoted(homepage)}
license=${array([license])}
depends=${array(depends)}
${isSigned ? "makedepends=('minisign')\n" : ""}# Stripping would change the binary, and its checksum and signature would not match.
options=('!strip' '!debug')
noextract=${array(binaries.map(({ architecture }) => savedName(id, pkgver, architecture)))}
${sources.join("\n")}
${isSigned ? `\n${signatureCheck(id, version, binaries)}\n` : ""}
package() {
  install -Dm755 "$srcdir/$pkgname-$pkgver-linux-$CARCH" "$pkgdir/usr/local/bin/$pkgname"
}
`;
}

/** The file name that makepkg gives a binary. It has the version, so that no older file is taken for it. */
const savedName = (id: string, pkgver: string, architecture: string): string => `${id}-${pkgver}-linux-${architecture}`;

function signatureCheck(id: string, version: string, binaries: readonly PublishedBinary[]): string {
  const cases = binaries.map(({ architecture, filename, signature }) => {
    const { key, bound } = signature ?? { key: "", bound: false };
    return `    ${architecture}) key='${key}' filename='${filename}' bound='${bound ? "yes" : ""}' ;;`;
  });
  return `prepare() {
  local key filename bound comment wanted field named
  case "$CARCH" in
${cases.join("\n")}
  esac
  if [ -z "$key" ]; then
    echo "rbee: $pkgname $pkgver is checked by its checksum alone: this recipe has no signature of it." >&2
    return
  fi
  file="$srcdir/$pkgname-$pkgver-linux-$CARCH"
  if ! comment=$(minisign -V -Q -m "$file" -x "$file.minisig" -P "$key"); then
    echo "rbee: $pkgname $pkgver is not what its publisher signed. Do not use it." >&2
    return 1
  fi
  # Another worker's, version's or file's signature is valid as well, so compare the names in it.
  for wanted in "file:$filename" worker:${id} version:${version}; do
    field="\${wanted%%:*}"
    named=$(tr '\\t' '\\n' <<<"$comment" | sed -n "/^$field:/p" | sort -u)
    if [ "$named" != "$wanted" ] && [ -n "$named$bound" ]; then
      echo "rbee: $pkgname $pkgver was not installed: its signature was made for \${named:-no $field}, not $wanted." >&2
      return 1
    fi
  done
}`;
}

/** A text between single quotes, as bash reads it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const array = (texts: readonly string[]): string => `(${texts.map(quoted).join(" ")})`;
