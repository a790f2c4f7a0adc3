import * as z from "zod";
import { currentTime, END_OF_TIME, fromRfc3339 } from "../../lib/time.ts";

/**
 * A day as a date field sends it (`2027-11-23`), as the last second of it in UTC: who is granted a day has all of it. Empty: null.
 */
export const LastDay = z
  .union([z.literal(""), z.iso.date("A date, as 2027-11-23.")])
  .default("")
  .transform((day) => (day === "" ? null : Math.min(fromRfc3339(`${day}T23:59:59Z`), END_OF_TIME)));

/** `LastDay`, which must not have passed. */
export const LastDayToCome = LastDay.refine((at) => at === null || at > currentTime(), "It must lie in the future.");
