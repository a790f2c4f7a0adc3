import { InvalidArgumentError } from "commander";
import { DAY, toRfc3339 } from "../lib/time.ts";

/** Parses a whole number of 1 or more. */
export function positiveInteger(text: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new InvalidArgumentError("Give a whole number of 1 or more.");
  return value;
}

/**
 * Parses a time in the future or past: `2027-01-31` (the start of that day in UTC), an RFC 3339 time, or a number of days
 * from now (`30d`). Returns RFC 3339 in UTC.
 */
export function moment(text: string, now = Date.now()): string {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  if (days !== undefined) return toRfc3339(Math.floor(now / 1000) + Number(days) * DAY);
  const date = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/.exec(text);
  const at = date === null ? Number.NaN : Date.parse(text);
  // Date.parse rolls the 30th of February over into March.
  const day = date?.[1] === undefined ? Number.NaN : Date.parse(`${date[1]}T00:00:00Z`);
  if (Number.isNaN(at) || Number.isNaN(day) || !new Date(day).toISOString().startsWith(date?.[1] ?? "-")) {
    throw new InvalidArgumentError("Give a date (2027-01-31), an RFC 3339 time, or days from now (30d).");
  }
  return toRfc3339(Math.floor(at / 1000));
}
