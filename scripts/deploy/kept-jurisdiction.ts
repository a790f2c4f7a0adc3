import { readFile, writeFile } from "node:fs/promises";
import type { Plan } from "./plan.ts";

/**
 * Writes the jurisdiction of the plan's buckets into the configuration at `path`, below each bucket's name. Without it,
 * a `wrangler deploy` by hand would make an empty bucket of the same name elsewhere, and bind that one. Returns whether
 * the file has changed.
 */
export async function keepJurisdiction(path: string, { buckets }: Plan, jurisdiction: string): Promise<boolean> {
  const lacking = buckets.filter((bucket) => bucket.jurisdiction !== jurisdiction);
  if (lacking.length === 0) return false;
  const before = await readFile(path, "utf8");
  const text = lacking.reduce((toml, { name }) => {
    const line = `bucket_name = "${name}"\n`;
    return toml.replace(line, `${line}jurisdiction = "${jurisdiction}"\n`);
  }, before);
  if (text !== before) await writeFile(path, text);
  return text !== before;
}
