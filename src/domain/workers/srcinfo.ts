import { err, ok, type Result } from "../../lib/result.ts";

/** What a `.SRCINFO` says: every field's values in their order. A field that occurs once has one value. */
export type Srcinfo = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the text of a `.SRCINFO` (`makepkg --printsrcinfo`; the Arch Linux wiki's ".SRCINFO" page): lines of
 * `key = value`, blank lines and `#` comments between them. Only recipes of a single package are read: a `pkgname` that
 * occurs twice, or differs from its `pkgbase`, is refused, as is a line of any other form, with a sentence saying which.
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
