/** What a line may say beside its event: plain values, so that no object with more in it than was meant can get in. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

/**
 * What never stands in a log, wherever it came from; an error's message, for one, may quote anything. Credentials and the
 * links that work like one, and mail addresses, which are somebody's own. A token is looked for where a word
 * begins only, and not at each `eyJ` in it: so the time that any of these takes grows as the text does, whoever wrote it.
 */
const SECRETS: readonly [RegExp, string][] = [
  [/rbee_(lic|adm)_[0-9a-z_-]+/gi, "rbee_$1_(masked)"],
  [/(?<![\w-])(?=[\w-]*eyJ)[\w-]+\.[\w-]+\.[\w-]*/g, "(masked token)"],
  [/\b(sk|rk|whsec)_\w+/g, "$1_(masked)"],
  [/\b(Basic|Bearer) +[\w.~+/=-]+/gi, "$1 (masked)"],
  [/\/(dl|recover)\/[\w~.-]+/g, "/$1/(masked)"],
  [/(?<![^\s@<>"\\])[^\s@<>"\\]+@[^\s@<>"\\/]*\.\p{L}{2,}/gu, "(mail address)"],
];

/** The text without what looks like a credential, a signed link or a mail address. */
export const masked = (text: string): string =>
  SECRETS.reduce((rest, [secret, instead]) => rest.replace(secret, instead), text);

/** Writes one line of JSON: something happened that is as it should be. */
export const logEvent = (event: string, fields: LogFields = {}): void => console.log(line(event, fields));

/**
 * Writes one line of JSON: something failed, and docs/operations.md says under the event's name what to do about it. The
 * message of `error` becomes the line's `message`; the caller adds what it was about.
 */
export const logFailure = (event: string, error: unknown, fields: LogFields = {}): void =>
  console.error(line(event, { ...fields, message: error instanceof Error ? error.message : String(error) }));

/** Texts are masked before they are escaped: in the JSON `\nBearer ...`, no word begins with the B. */
const line = (event: string, fields: LogFields): string =>
  JSON.stringify({ event, ...fields }, (_name, value: unknown) => (typeof value === "string" ? masked(value) : value));
