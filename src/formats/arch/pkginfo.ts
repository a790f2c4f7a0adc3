import { err, ok, type Result } from "../../lib/result.ts";

/** The keys of a `.PKGINFO` that a pacman database repeats: those with one value, and those that may be repeated. */
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

/** What a `.PKGINFO` says; a key that it does not have is an empty text or list. */
export type Pkginfo = Record<(typeof SINGLE)[number], string> & Record<(typeof REPEATED)[number], string[]>;

const isSingle = (key: string): key is (typeof SINGLE)[number] => SINGLE.some((known) => known === key);
const isRepeated = (key: string): key is (typeof REPEATED)[number] => REPEATED.some((known) => known === key);

/**
 * Reads the text of a package's `.PKGINFO`, as makepkg writes it: a `key = value` a line and comments. Blanks in values are
 * narrowed to one, as repo-add does; keys that no database repeats are passed over. The error is a sentence for a person.
 */
export function parsePkginfo(text: string): Result<Pkginfo, string> {
  const info = emptyPkginfo();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, key, rest] = /^(\w+) =(.*)$/.exec(line) ?? [];
    if (key === undefined || rest === undefined) return err(`Line ${index + 1} is not \`key = value\`.`);
    const value = rest.trim().replaceAll(/[ \t]+/g, " ");
    // A database has one value a line: nothing in a value may begin another.
    if (/\p{Cc}/u.test(value)) return err(`Line ${index + 1} has a control character.`);
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
    if (!/^\d*$/.test(info[key])) return err(`${key} is not a number.`);
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
