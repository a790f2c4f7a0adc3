import { endOfRun, GAP, isTight, type Sign, signsOf, wordOf } from "./signs.ts";

/** Part of a text, from `start` up to `end`. */
export type Range = { start: number; end: number };

/** A credential in a text, with the text that stands for it, and the number of its letters and digits. */
type Found = Range & { shown: string; length: number };

/** The letters and digits of a whole license key, and the most of an admin token, after the prefix. */
const WHOLE = { lic: 55, adm: 43 } as const;

/** The license keys and admin tokens in a text. */
function findPrefixed(signs: readonly Sign[]): Found[] {
  const letters = signs.map(({ char }) => char.toLowerCase()).join("");
  const found: Found[] = [];
  let searched = 0;
  for (const { 1: kind = "", index } of letters.matchAll(/rbee(lic|adm)/g)) {
    const [first, before, after] = [signs[index], signs[index + 4], signs[index + 7]];
    const isWord = first && before && after && before.gap > GAP.none && isSeparated(after);
    if (!isWord || index < searched || !isTight(signs, index, index + 7)) continue;
    const end = endOfSecret(signs, index + 7, WHOLE[kind === "lic" ? "lic" : "adm"]);
    if (end === index + 7) continue;
    searched = end;
    const shown = `rbee_${kind}_(masked)`;
    found.push({ start: first.start, end: signs[end - 1]?.end ?? first.end, shown, length: end - index - 7 });
  }
  return found;
}

/** Whether the first sign of a secret stands apart from its prefix, by an underscore, its encoding, or also a blank. */
const isSeparated = ({ gap }: Sign): boolean => gap === GAP.tight || gap === GAP.blank;

/**
 * The end of the secret whose signs begin at `from`. After a blank or line break it goes on while it is not `whole`
 * and the words look like parts of it.
 */
function endOfSecret(signs: readonly Sign[], from: number, whole: number): number {
  let end = signs[from]?.gap === GAP.blank ? from : endOfRun(signs, from);
  for (let next = end; next - from < whole && signs[next]?.gap === GAP.blank; ) {
    const run = endOfRun(signs, next);
    const word = wordOf(signs, next, run);
    // Crockford base32 has no U.
    if (whole === WHOLE.lic && /u/i.test(word)) break;
    if (looksRandom(word) || run - from === whole) end = run;
    next = run;
  }
  return end;
}

/** Whether a word is no word of a sentence: it has a digit, or capitals that no word of a sentence has. */
const looksRandom = (word: string): boolean => /\d|[a-z][A-Z]|[A-Z]{2}/.test(word);

/** The JWTs in a text: from the start of a word to its last part. Each must have at least two parts. */
function findTokens(text: string, signs: readonly Sign[]): Found[] {
  const found: Found[] = [];
  const letters = signs.map(({ char }) => char).join("");
  for (let at = letters.indexOf("eyJ"); at >= 0; ) {
    const header = endOfRun(signs, at);
    const end = endOfToken(signs, header);
    const hasDot = signs.slice(header, end).some(({ gap }) => gap === GAP.dot);
    const [first, last] = [signs[at], signs[end - 1]];
    if (hasDot && first && last && TOKEN_PART.test(letters.slice(at, header))) {
      const start =
        first.start - (/[\w-]*$/.exec(text.slice(Math.max(0, first.start - 64), first.start))?.[0].length ?? 0);
      found.push({ start, end: last.end, shown: "(masked token)", length: end - at });
    }
    at = letters.indexOf("eyJ", Math.max(end, header));
  }
  return found;
}

/**
 * The end of the JWT whose first run of signs ends at `from`. It goes on after a dot, and after a blank or line break
 * if the next word looks like a part of it. A single word in between may be the rest of a line.
 */
function endOfToken(signs: readonly Sign[], from: number): number {
  let end = from;
  let isDoubtful = false;
  for (let next = end; next < signs.length; ) {
    const run = endOfRun(signs, next);
    const word = wordOf(signs, next, run);
    const { gap = GAP.end } = signs[next] ?? {};
    const isAnother = gap === GAP.blank && word.startsWith("eyJ");
    const isPart = gap === GAP.dot || (gap === GAP.blank && !isAnother && looksRandom(word));
    if (isPart) end = run;
    else if (gap !== GAP.blank || isAnother || isDoubtful) break;
    isDoubtful = !isPart;
    next = run;
  }
  return end;
}

/** The header of a JWT is JSON of some members. A word such as `eyJorn` is none. */
const TOKEN_PART = /^eyJ\w{7,}/;

/** Each credential in a text. Their order is not that of the text. */
export const findCredentials = (text: string): Found[] => {
  if (!/lic|adm|eyJ|%|\\/i.test(text)) return [];
  const signs = signsOf(text);
  return [...findPrefixed(signs), ...findTokens(text, signs)];
};
