import { printable } from "../../lib/printable.ts";
import { err, ok, type Result } from "../../lib/result.ts";

/** The keys of a `.PKGINFO` that a pacman database contains: those with one value, and those with several. */
const SINGLE = ["pkgname", "pkgbase", "pkgver", "pkgdesc", "url", "builddate", "packager", "size", "arch"] as const;
const REPEATED = [
  "license",
  "group",
  "replaces",
  "conflict",
  "provides",
  "depend",
  "optdepend",
  "makedepend",
  "checkdepend",
] as const;

/** The fields of a `.PKGINFO`. A missing key is an empty text or list. */
export type Pkginfo = Record<(typeof SINGLE)[number], string> & Record<(typeof REPEATED)[number], string[]>;

const isSingle = (key: string): key is (typeof SINGLE)[number] => SINGLE.some((known) => known === key);
const isRepeated = (key: string): key is (typeof REPEATED)[number] => REPEATED.some((known) => known === key);

/**
 * Parses a package's `.PKGINFO` as makepkg writes it: comments and one `key = value` on each line. Collapses blanks in
 * values, as repo-add does, and skips keys that no database contains. The error is a sentence for a person.
 */
export function parsePkginfo(text: string): Result<Pkginfo, string> {
  const info = emptyPkginfo();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, key, rest] = /^(\w+) =(.*)$/.exec(line) ?? [];
    if (key === undefined || rest === undefined) return err(`Line ${index + 1} is not \`key = value\`.`);
    const value = rest.trim().replaceAll(/[ \t]+/g, " ");
    // A database has one value on each line, and people read them in a terminal.
    if (printable(value) !== value) return err(`Line ${index + 1} has a control character.`);
    if (value === "") continue;
    if (isRepeated(key)) info[key].push(value);
    else if (isSingle(key)) {
      if (info[key] !== "") return err(`Line ${index + 1} says ${key} again.`);
      info[key] = value;
    }
  }
  for (const key of ["pkgname", "pkgver", "arch"] as const) {
    if (info[key] === "") return err(`It does not say ${key}.`);
  }
  for (const key of ["size", "builddate"] as const) {
    if (!/^\d{0,15}$/.test(info[key])) return err(`${key} is not a number.`);
  }
  return ok(info);
}

const emptyPkginfo = (): Pkginfo => ({
  pkgname: "",
  pkgbase: "",
  pkgver: "",
  pkgdesc: "",
  url: "",
  builddate: "",
  packager: "",
  size: "",
  arch: "",
  license: [],
  group: [],
  replaces: [],
  conflict: [],
  provides: [],
  depend: [],
  optdepend: [],
  makedepend: [],
  checkdepend: [],
});
