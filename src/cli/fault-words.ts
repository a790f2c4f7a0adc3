/** The catalog's words for a fault in a request, as its schema library writes them, and the words of this command. */
const WORDS: readonly (readonly [RegExp, (...parts: string[]) => string])[] = [
  [/^Invalid input: expected .*, received undefined$/, () => "is missing"],
  [/^Invalid input: expected (\w+), received \w+$/, (type) => `must be a ${type}`],
  [/^Too big: expected number to be <=(\S+)$/, (most) => `must be at most ${most}`],
  [/^Too small: expected number to be >=(\S+)$/, (least) => `must be at least ${least}`],
  [/^Too small: expected number to be >(\S+)$/, (least) => `must be more than ${least}`],
  [/^Too small: expected (?:string|array) to have >=1 (?:characters|items)$/, () => "must not be empty"],
  [/^Too big: expected string to have <=(\d+) characters$/, (most) => `must have at most ${most} characters`],
  [/^Too big: expected array to have <=(\d+) items$/, (most) => `must have at most ${most} entries`],
  [
    /^Invalid option: expected one of (.+)$/,
    (choices) => `must be one of ${choices.replaceAll('"', "").split("|").join(", ")}`,
  ],
  [/^Invalid email address$/, () => "is not an email address"],
  [/^Invalid ISO (datetime|date)$/, (kind) => (kind === "date" ? "is not a date" : "is not an RFC 3339 time")],
  [/^Invalid URL$/, () => "is not a URL"],
  [/^Unrecognized keys?: (.+)$/, (keys) => `is not known to this catalog: ${keys.replaceAll('"', "")}`],
  [/^Invalid string: .*$/, () => "does not have the form that the catalog expects"],
];

/** The options of this command for the members of a request that have another name. */
const OPTIONS: Readonly<Record<string, string>> = {
  machine_limit: "--machines",
  expires_at: "--expires",
  entitlements: "--worker",
  updates_until: "--updates-until",
  q: "--query",
  worker_id: "--worker",
  worker_ids: "--worker",
  workers: "--worker",
  scopes: "--scope",
  types: "--type",
  refs: "--ref",
  source_tag: "--source-tag",
};

/**
 * A fault of a request in the words of this command: `machine_limit` and `Too big: ...` become
 * `--machines must be ...`.
 */
export function faultInWords(path: string, message: string): string {
  const [name = "", ...rest] = path.split(".");
  const option = OPTIONS[name] ?? (/^[a-z]+$/.test(name) ? `--${name}` : name);
  const place = [option, ...rest.filter((part) => !/^\d+$/.test(part))].filter((part) => part !== "").join(" ");
  for (const [pattern, words] of WORDS) {
    const parts = pattern.exec(message)?.slice(1);
    if (parts) return `${place || "The request"} ${words(...parts)}.`;
  }
  return place === "" ? message : `${place}: ${message}`;
}
