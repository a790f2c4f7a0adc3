import { masked } from "./masking/masked.ts";

/** The fields of a log line. Only plain values, so no object can carry more into the log than its caller meant. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

/** Writes one line of JSON for a normal event. */
export const logEvent = (event: string, fields: LogFields = {}): void => console.log(line(event, fields));

/**
 * Writes one line of JSON for a failure. docs/operations.md lists each event with its remedy. The message of `error`
 * becomes the field `message`; the caller adds the context as `fields`.
 */
export const logFailure = (event: string, error: unknown, fields: LogFields = {}): void =>
  console.error(line(event, { ...fields, message: error instanceof Error ? error.message : String(error) }));

/** Masks each text before JSON escapes it: in the escaped `\nBearer ...`, `\b` does not match before the B. */
const line = (event: string, fields: LogFields): string =>
  JSON.stringify({ event, ...fields }, (_name, value: unknown) => (typeof value === "string" ? masked(value) : value));
