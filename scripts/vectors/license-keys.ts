import { createHmac } from "node:crypto";
import { LICENSE_KEY_SECRETS, licenseIdBytes } from "./test-keys.ts";
import { NOW, type VectorCase, type VectorFile } from "./vector-file.ts";

/** Crockford's symbols, in the order of their values. */
const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Bytes in Crockford base32, by arithmetic: a number of five-bit digits, zero bits added at its end. */
export function crockford(bytes: Uint8Array): string {
  const length = Math.ceil((bytes.length * 8) / 5);
  let value = BigInt(`0x${Buffer.from(bytes).toString("hex")}`) << BigInt(length * 5 - bytes.length * 8);
  let text = "";
  for (let at = 0; at < length; at++) {
    text = SYMBOLS.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return text;
}

/** The id of a license of the vectors, which is written in lower case. */
export const licenseId = (name: string): string => `lic_${crockford(licenseIdBytes(name)).toLowerCase()}`;

/** A license key: id, generation and the first half of their HMAC-SHA-256. */
function licenseKey(name: string, generation: number, secret = LICENSE_KEY_SECRETS.ours): string {
  const body = Buffer.concat([licenseIdBytes(name), Buffer.from([generation >> 8, generation & 255])]);
  const mac = createHmac("sha256", secret).update(body).digest().subarray(0, 16);
  return `rbee_lic_${crockford(Buffer.concat([body, mac]))}`;
}

const PREFIX = "rbee_lic_";
const KEY = licenseKey("ada", 1);
const SYMBOLS_OF_KEY = KEY.slice(PREFIX.length);

/** The symbols in groups of five, as people write keys down. */
const grouped = (hyphen: string): string => PREFIX + SYMBOLS_OF_KEY.replaceAll(/.{5}(?=.)/g, `$&${hyphen}`);

const valid = (name: string, input: string, clean = KEY, license = "ada", generation = 1): VectorCase => ({
  name,
  input,
  expected: {
    clean,
    kind: "key",
    well_formed: true,
    code: "VALID",
    license_id: licenseId(license),
    generation,
  },
});

/** A key that a client may refuse itself, because it has not the form of one. */
const misshapen = (name: string, input: string, clean = input): VectorCase => ({
  name,
  input,
  expected: { clean, kind: "key", well_formed: false, code: "KEY_INVALID" },
});

/** A key that only the catalog can refuse. */
const forged = (name: string, input: string): VectorCase => ({
  name,
  input,
  expected: { clean: input, kind: "key", well_formed: true, code: "KEY_INVALID" },
});

const other = (name: string, input: string, clean = input): VectorCase => ({
  name,
  input,
  expected: { clean, kind: "other", well_formed: false, code: "KEY_INVALID" },
});

const TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJsaWMifQ.c2lnbmF0dXJl-_8";

const token = (name: string, input: string, clean = TOKEN): VectorCase => ({
  name,
  input,
  expected: { clean, kind: "token", well_formed: true, code: null },
});

/** The key with the symbol at `at` replaced by another one. */
function mistyped(at: number): string {
  const symbol = SYMBOLS_OF_KEY.charAt(at);
  return PREFIX + SYMBOLS_OF_KEY.slice(0, at) + (symbol === "7" ? "8" : "7") + SYMBOLS_OF_KEY.slice(at + 1);
}

/** The key whose last symbol has a bit set that belongs to no byte. */
function withSpareBit(): string {
  const last = SYMBOLS.indexOf(SYMBOLS_OF_KEY.slice(-1));
  return KEY.slice(0, -1) + SYMBOLS.charAt(last | 1);
}

const copies: VectorCase[] = [
  valid("the key as it was mailed", KEY),
  valid("lower case", KEY.toLowerCase(), KEY.toLowerCase()),
  valid("capitals, the prefix included", KEY.toUpperCase(), KEY.toUpperCase()),
  valid("hyphens between groups", grouped("-")),
  valid("en dashes between groups, as a mail program makes them", grouped("\u2013")),
  valid("hyphens that do not break a line", grouped("\u2011")),
  valid("minus signs between groups", grouped("\u2212")),
  valid("soft hyphens between groups", grouped("\u00ad")),
  valid("blanks between groups", grouped(" ")),
  valid("blanks that do not break a line, between groups", grouped("\u00a0")),
  valid("zero-width blanks between groups", grouped("\u200b")),
  valid("a byte order mark in front", `\ufeff${KEY}`),
  valid("a line end of Windows after it", `${KEY}\r\n`),
  valid("blanks and tabs around it", ` \t${KEY}\t `),
  valid("broken over two lines", `${KEY.slice(0, 30)}\n  ${KEY.slice(30)}`),
  valid("double quotes, as an environment file has them", `"${KEY}"`),
  valid("single quotes", `'${KEY}'`),
  valid("backticks, as Markdown has them", `\`${KEY}\``),
  valid("curly quotes", `\u201c${KEY}\u201d`),
  valid("quotes of German, the opening one low", `\u201e${KEY}\u201c`),
  valid("single quotes of German", `\u201a${KEY}\u2018`),
  valid("guillemets", `\u00ab\u00a0${KEY}\u00a0\u00bb`),
  valid("a quote that was never closed", `"${KEY}`),
  valid("an escape character of a terminal", `\u001b${KEY}`),
  valid("a byte that is no UTF-8", `\ufffd${KEY}`),
  valid("a mark for the direction of writing", `\u200e${KEY}\u200e`),
  valid("hyphens in front of it, as in a list", `- ${KEY}`),
];

const lookAlikes: VectorCase[] = [
  valid(
    "the letter O for each zero",
    PREFIX + SYMBOLS_OF_KEY.replaceAll("0", "O"),
    PREFIX + SYMBOLS_OF_KEY.replaceAll("0", "O"),
  ),
  valid(
    "the letter I for each one",
    PREFIX + SYMBOLS_OF_KEY.replaceAll("1", "I"),
    PREFIX + SYMBOLS_OF_KEY.replaceAll("1", "I"),
  ),
  valid(
    "the letter l for each one",
    PREFIX + SYMBOLS_OF_KEY.replaceAll("1", "l"),
    PREFIX + SYMBOLS_OF_KEY.replaceAll("1", "l"),
  ),
  misshapen("the letter U, which is no symbol", `${KEY.slice(0, -2)}U${KEY.slice(-1)}`),
  misshapen("a Cyrillic letter that looks like a Latin one", `${KEY.slice(0, -2)}\u0410${KEY.slice(-1)}`),
  misshapen("a digit of another script", `${KEY.slice(0, -2)}\u0661${KEY.slice(-1)}`),
  misshapen("a long s, whose capital is an S", `${KEY.slice(0, -2)}\u017f${KEY.slice(-1)}`),
  misshapen("a Kelvin sign, whose small letter is a k", `${KEY.slice(0, -2)}\u212a${KEY.slice(-1)}`),
  misshapen("an i without a dot, whose capital is an I", `${KEY.slice(0, -2)}\u0131${KEY.slice(-1)}`),
  misshapen("a full-width letter", `${KEY.slice(0, -2)}\uff21${KEY.slice(-1)}`),
];

const wrong: VectorCase[] = [
  misshapen("the last symbol is missing", KEY.slice(0, -1)),
  misshapen("one symbol too many", `${KEY}0`),
  misshapen("the key twice", KEY + KEY),
  misshapen("the prefix alone", PREFIX),
  misshapen("a point at the end of a sentence", `${KEY}.`),
  misshapen("a bit that belongs to no byte", withSpareBit()),
  forged("one symbol mistyped in the license", mistyped(3)),
  forged("one symbol mistyped in the proof", mistyped(40)),
  forged("a key under another secret", licenseKey("ada", 1, LICENSE_KEY_SECRETS.foreign)),
  other("an admin token", `rbee_adm_${"A".repeat(43)}`),
  other("hyphens in place of the underscores", KEY.replaceAll("_", "-")),
  other("the symbols without their prefix", SYMBOLS_OF_KEY),
  other("nothing", ""),
  other("blanks and quotes alone", ' " " ', ""),
  other("a word", "license"),
];

const generations: VectorCase[] = [
  valid("the first generation", licenseKey("grace", 0), licenseKey("grace", 0), "grace", 0),
  valid("a generation of two bytes", licenseKey("grace", 258), licenseKey("grace", 258), "grace", 258),
  valid("the last generation", licenseKey("grace", 65_535), licenseKey("grace", 65_535), "grace", 65_535),
];

const tokens: VectorCase[] = [
  token("a license token keeps its hyphens", TOKEN),
  token("a license token in quotes, with a line end of Windows", `"${TOKEN}"\r\n`),
  token("a license token broken over two lines", `${TOKEN.slice(0, 20)}\n${TOKEN.slice(20)}`),
  token("hyphens in front of a license token", `- ${TOKEN}`),
  token("a dash in front of a license token", `\u2014 ${TOKEN}`),
  token("zero-width blanks in a license token", `${TOKEN.slice(0, 9)}\u200b${TOKEN.slice(9)}`),
];

/** License keys and tokens as people and files hand them over: the text to send, and the catalog's answer. */
export const licenseKeys: VectorFile = {
  description:
    "License keys and tokens as they are typed, pasted and read from files. `clean` is the text that a client sends; " +
    "`well_formed` is false for a text that a client refuses itself; `code` is the catalog's answer under `license_key_secret`.",
  now: NOW,
  license_key_secret: LICENSE_KEY_SECRETS.ours.toString("hex"),
  cases: [...copies, ...lookAlikes, ...wrong, ...generations, ...tokens],
};
