import { parseSrcinfo } from "../../src/domain/workers/recipe.ts";
import type { RecipeText } from "../../src/domain/workers/recipe-rendering.ts";
import { parseAsHive } from "./hive-parser.ts";

type Facts = Record<string, string[]>;

/**
 * The facts that each text of a recipe declares, for tests without makepkg: both texts must declare the same. It reads
 * a PKGBUILD as hives do, expands variables as makepkg would, and leaves out lines that only hives read.
 */
export function recipeFacts({ pkgbuild, srcinfo }: RecipeText): { pkgbuild: Facts; srcinfo: Facts } {
  const { values, arrays } = parseAsHive(pkgbuild.replace(/^: <<'HIVE'\n[\s\S]*?\nHIVE$/m, ""));
  const expand = (text: string): string => {
    const expanded = text
      .replaceAll(/\$\{[A-Z_]+:-([^${}]*)\}/g, "$1")
      .replaceAll(/\$(pkgname|pkgver)\b/g, (_, name: string) => values.get(name) ?? "");
    return expanded === text ? text : expand(expanded);
  };
  const facts: Facts = { pkgbase: [values.get("pkgname") ?? ""] };
  for (const key of ["pkgname", "pkgver", "pkgrel", "pkgdesc", "url"]) facts[key] = [values.get(key) ?? ""];
  for (const [key, elements] of arrays) facts[key] = elements.map(expand);
  const options = /^\((.*)\)$/.exec(values.get("options") ?? "")?.[1];
  if (options !== undefined) facts["options"] = options.split(" ").map((element) => element.slice(1, -1));
  const parsed = parseSrcinfo(srcinfo);
  if (!parsed.ok) throw new Error(parsed.error);
  return { pkgbuild: facts, srcinfo: Object.fromEntries([...parsed.value].map(([key, value]) => [key, [...value]])) };
}
