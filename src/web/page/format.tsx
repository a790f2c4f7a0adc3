import type { FC } from "hono/jsx";
import { toRfc3339, type UnixSeconds } from "../../lib/time.ts";

const UNITS = ["bytes", "kB", "MB", "GB", "TB"] as const;
const INTEGER = new Intl.NumberFormat("en");
const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });
const TIME = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: "UTC" });

/** Bytes in powers of ten, as file managers count them: `412 MB`, `1.2 GB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`;
}

/** A whole number with separators: `12,345`. */
export const formatCount = (count: number): string => INTEGER.format(count);

/** Those of the sentences that hold: `isLate && "It is late."` */
export const sentences = (...all: readonly (string | false)[]): string[] =>
  all.filter((sentence) => sentence !== false);

/** A count with its noun, for nouns that take an `s`: `1 license`, `2 licenses`. */
export const counted = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;

/** A date in UTC: `3 May 2026`. */
export const formatDate = (at: UnixSeconds): string => DATE.format(at * 1000);

/** A date and time in UTC: `3 May 2026, 14:05 UTC`. */
export const formatDateTime = (at: UnixSeconds): string => `${formatDate(at)}, ${TIME.format(at * 1000)} UTC`;

/** A `<time>` with the date, and with the time of day if `clock`. */
export const Time: FC<{ at: UnixSeconds; clock?: boolean }> = ({ at, clock = false }) => (
  <time datetime={toRfc3339(at)}>{clock ? formatDateTime(at) : formatDate(at)}</time>
);
