import { DAY, HOUR, MINUTE, type UnixSeconds } from "../../lib/time.ts";

/** Pauses after the first, second, ... failure. They add up to five days; after that nobody waits for the mail. */
const PAUSES = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, DAY, DAY, DAY, 17 * HOUR];

/**
 * How long a sender has a mail for itself. Longer than any provider takes to answer; if the sender dies, the mail is
 * taken again after this.
 */
export const LEASE_SECONDS = 10 * MINUTE;

/** When a mail is tried again after its `attempts`-th failure (1: the first) at `now`; null: no more. */
export function nextAttemptAt(attempts: number, now: UnixSeconds): UnixSeconds | null {
  const pause = PAUSES[attempts - 1];
  return pause === undefined ? null : now + pause;
}
