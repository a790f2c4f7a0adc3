import { KEY_OR_ADMIN_TOKEN, TOKEN_START } from "../credential.ts";
import { findCredentials, type Range } from "./find.ts";
import { type Sign, signsOf } from "./signs.ts";

/** The text with each range replaced. Where ranges overlap, the first one counts and takes in the rest. */
function replaced(text: string, ranges: readonly (Range & { shown: string })[]): string {
  let result = "";
  let done = 0;
  for (const { start, end, shown } of [...ranges].sort((a, b) => a.start - b.start)) {
    if (start >= done) result += text.slice(done, start) + shown;
    done = Math.max(done, end);
  }
  return result + text.slice(done);
}

type Mask = readonly [RegExp, string];

/** Each pattern of a secret that no person needs to see, with its replacement. */
const SECRETS: readonly Mask[] = [
  [new RegExp(`${KEY_OR_ADMIN_TOKEN.source}[0-9a-z_-]+`, "gi"), "rbee_$1_(masked)"],
  [new RegExp(`${TOKEN_START.source}[\\w-]+\\.[\\w-]*`, "g"), "(masked token)"],
  [/\b((?:sk|rk)_(?:test|live)|whsec)_\w{6,}/g, "$1_(masked)"],
  [/\b(Basic|Bearer)\s+(?!rbee_(?:lic|adm)_\()(?=[^\s"'<>,;()]*[\d_=])[^\s"'<>,;()]{8,}/gi, "$1 (masked)"],
  [/\/(dl|recover|emails)\/[\w~-][\w~.-]{7,}/g, "/$1/(masked)"],
  [/(?<=\/\/)[^\s/@"'<>]+@/g, "(masked)@"],
];

/** The patterns that a log, which others read, must not contain either. */
const PRIVATE: readonly Mask[] = [
  [/\b(sk|rk|whsec)_\w+/g, "$1_(masked)"],
  [/\b(Basic|Bearer)\s+(?!\(masked|rbee_(?:lic|adm)_\(masked)[^\s"'<>,;()]+/gi, "$1 (masked)"],
  [/\/(dl|recover|emails)\/[\w~.-]+/g, "/$1/(masked)"],
  [/(?<![^\s@<>"\\])[^\s@<>"\\]+@[^\s@<>"\\/]*\.\p{L}{2,}/gu, "(mail address)"],
];

const withMasks = (text: string, masks: readonly Mask[]): string =>
  masks.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);

/**
 * The text with its keys, tokens, signed links and passwords in URLs masked, for the person at the terminal. An error's
 * message may quote any of them. A key or token is found also with hyphens, blanks, line breaks, zero-width characters
 * or encodings in it.
 */
export const withoutSecrets = (text: string): string => withMasks(replaced(text, findCredentials(text)), SECRETS);

/** Like `withoutSecrets`, for logs and for other people: also without everything after `Bearer`, and mail addresses. */
export const masked = (text: string): string => withMasks(withoutSecrets(text), PRIVATE);

/**
 * Whether a text contains a license key, an admin token or a JWT. Search terms and return paths appear in URLs, browser
 * histories and logs, where no credential may appear.
 */
export const holdsCredential = (text: string): boolean =>
  KEY_OR_ADMIN_TOKEN.test(text) || TOKEN_START.test(text) || findCredentials(text).length > 0;

/** The letters and digits that make a part of a credential long enough to be worth hiding. */
const WORTH_HIDING = 8;

/** Whether a text holds a key or token, or so much of one that it should be hidden. */
export const holdsSecret = (text: string): boolean =>
  findCredentials(text).some(({ length }) => length >= WORTH_HIDING);

/** The letters and digits in a row by which a part of a known secret is recognized. */
const TRACE = 6;

/** An id of a license shares its characters with the first part of the license's keys, and is no secret. */
const LICENSE_ID = /(?<![a-z0-9]_)lic_[0-9a-z]{26}/gi;

/** The known secrets of a run, to be hidden in every message, also where nothing else tells that they are secrets. */
export class KnownSecrets {
  readonly #traces = new Set<string>();

  /** Remembers a secret. Ignores a text that is too short to be one. */
  add(secret: string): void {
    const signs = canonical(signsOf(secret.replace(/^\s*rbee_(lic|adm)_/i, "")));
    if (signs.length < WORTH_HIDING) return;
    for (let at = 0; at + TRACE <= signs.length; at++) this.#traces.add(signs.slice(at, at + TRACE));
  }

  /** The text without any six letters or digits in a row of a known secret, whatever stands between them. */
  hide(text: string): string {
    if (this.#traces.size === 0) return text;
    const signs = signsOf(text);
    const letters = canonical(signs);
    const ids = [...text.matchAll(LICENSE_ID)].map(({ 0: id, index }) => ({ start: index, end: index + id.length }));
    const ranges: Range[] = [];
    for (let at = 0; at + TRACE <= letters.length; at++) {
      if (!this.#traces.has(letters.slice(at, at + TRACE))) continue;
      const [start, end] = [signs[at]?.start ?? 0, signs[at + TRACE - 1]?.end ?? 0];
      if (ids.some((id) => id.start <= start && start < id.end)) continue;
      const last = ranges.at(-1);
      if (last && start <= last.end) last.end = Math.max(last.end, end);
      else ranges.push({ start, end });
    }
    return replaced(
      text,
      ranges.map((range) => ({ ...range, shown: "(masked)" })),
    );
  }
}

/** The signs as text in one case and with one spelling of Crockford's look-alikes. */
const canonical = (signs: readonly Sign[]): string =>
  signs
    .map(({ char }) => char)
    .join("")
    .toLowerCase()
    .replaceAll("o", "0")
    .replaceAll(/[il]/g, "1");
