/** The time of the vectors, unless a case has its own: 2027-01-15T08:00:00Z, in Unix seconds. */
export const NOW = 1_800_000_000;

export const HOUR = 3_600;
export const DAY = 24 * HOUR;

/** The address of the catalog that issued the tokens of the vectors. */
export const ISSUER = "https://catalog.test";

/** One case: its name, a sentence, its input, and what a right program answers. */
export type VectorCase = { name: string; expected: Record<string, unknown> } & Record<string, unknown>;

/** The content of a file of vectors. Members beside these belong to all of its cases. */
export type VectorFile = { description: string; now: number; cases: VectorCase[] } & Record<string, unknown>;

/** The characters that an editor does not show, or may alter. Escaped, they survive every tool. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Z}\p{Co}\p{Cn}\uFFFD]/gu;

/**
 * The text of a file of vectors. Every character beyond a blank that nobody sees is an escape. Throws if two cases have
 * the same name.
 */
export function vectorText(file: VectorFile): string {
  const names = file.cases.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`two cases are named "${twice}"`);
  const json = JSON.stringify(file, null, 2).replaceAll(UNSEEN, (character) =>
    character === " " || character === "\n" ? character : escapeOf(character),
  );
  return `${json}\n`;
}

const escapeOf = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
