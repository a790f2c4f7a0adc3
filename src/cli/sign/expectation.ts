import { basename } from "node:path";
import { CliError, EXIT } from "../errors.ts";
import { readNamedFile } from "../files.ts";

/** The sums that the holder of the key expects, by file name. */
export type ExpectedSums = ReadonlyMap<string, string>;

/**
 * Reads sums as `sha256sum` prints them: the sum in hexadecimal, two characters, the file's name. Folders in names are
 * ignored. Throws `CliError` (usage) for another text.
 */
export async function readExpectedSums(file: string): Promise<ExpectedSums> {
  const lines = (await readNamedFile(file)).toString("utf8").split(/\r?\n/);
  const sums = new Map<string, string>();
  for (const line of lines) {
    if (line.trim() === "") continue;
    const [, sum, name] = /^([0-9a-f]{64}) [ *](.+)$/i.exec(line) ?? [];
    if (sum === undefined || name === undefined) {
      throw new CliError(
        EXIT.usage,
        `${file} has a line that sha256sum did not print. Make it with: sha256sum FILE...`,
      );
    }
    sums.set(basename(name), sum.toLowerCase());
  }
  if (sums.size === 0) throw new CliError(EXIT.usage, `${file} has no sum.`);
  return sums;
}

/** Throws `CliError` (integrity) unless every file of a draft has the expected sum, and no expected file is missing. */
export function requireExpected(files: readonly { filename: string; sha256: string }[], expected: ExpectedSums): void {
  const faults = files.flatMap(({ filename, sha256 }) => {
    const sum = expected.get(filename);
    if (sum === sha256) return [];
    return [sum === undefined ? `${filename} is not expected` : `${filename} has the sha256 ${sha256}, not ${sum}`];
  });
  const missing = [...expected.keys()].filter((name) => !files.some(({ filename }) => filename === name));
  const all = [...faults, ...missing.map((name) => `${name} is missing`)];
  if (all.length > 0) throw new CliError(EXIT.integrity, `Nothing is signed. The draft differs: ${all.join("; ")}.`);
}
