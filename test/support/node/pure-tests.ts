import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Static imports, re-exports and dynamic imports; imports of types are erased. */
const IMPORTS =
  /^\s*(?:import|export)\s+(?!type\b)[^"';]*?\bfrom\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;

/** A module or a global that only workerd has. */
const WORKERD_ONLY = /["']cloudflare:|\bnew HTMLRewriter\b/;

/**
 * Returns the test files of `patterns` that need nothing of workerd, neither themselves nor through a file that they
 * import. They run in Node. Paths are relative to the working directory.
 */
export function pureTests(patterns: string[]): string[] {
  const texts = new Map<string, string>();
  const textOf = (file: string): string => {
    const text = texts.get(file) ?? readFileSync(file, "utf8");
    texts.set(file, text);
    return text;
  };
  const isPure = (test: string): boolean => {
    const reached = new Set([test]);
    for (const file of reached) {
      if (WORKERD_ONLY.test(textOf(file))) return false;
      for (const [, from, bare, dynamic] of textOf(file).matchAll(IMPORTS)) {
        const specifier = from ?? bare ?? dynamic ?? "";
        const path = join(dirname(file), specifier);
        if (specifier.startsWith(".") && /\.tsx?$/.test(path) && existsSync(path)) reached.add(path);
      }
    }
    return true;
  };
  return globSync(patterns).filter(isPure).sort();
}
