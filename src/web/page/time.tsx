import type { FC } from "hono/jsx";
import { toRfc3339, type UnixSeconds } from "../../lib/time.ts";

const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });
const TIME = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: "UTC" });

/** A date for people, in UTC: `3 May 2026`. */
export const formatDate = (at: UnixSeconds): string => DATE.format(at * 1000);

/** A date and time for people: `3 May 2026, 14:05 UTC`. */
export const formatDateTime = (at: UnixSeconds): string => `${formatDate(at)}, ${TIME.format(at * 1000)} UTC`;

/** A moment: its date, with `clock` the time of day as well. */
export const Time: FC<{ at: UnixSeconds; clock?: boolean }> = ({ at, clock = false }) => (
  <time datetime={toRfc3339(at)}>{clock ? formatDateTime(at) : formatDate(at)}</time>
);
