import { HOUR, MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import type { Grant } from "../grant.ts";
import type { MachineRow } from "./row.ts";

/** The shortest time without a sign of life after which a plan may let seats lapse, in seconds. */
export const LEAST_SEAT_IDLE = HOUR;

/**
 * How long before its seat lapses a token ends, in seconds. It is longer than everything that a token leaves behind: a
 * verifier's tolerance (60 s), a link (5 minutes), and an old edge record (40 s). So nobody can use a lapsed seat.
 */
export const SEAT_MARGIN = 10 * MINUTE;

/** The facts of a machine that its seat follows from. */
type SeatFacts = Pick<MachineRow, "deactivated_at" | "last_seen_at" | "lease_until">;

/** The grant's fact that the seats of a license follow from. */
type SeatGrant = Pick<Grant, "seat_idle_seconds">;

/**
 * The time until which a machine holds its seat if it gives no further sign of life. Infinity: until it is deactivated.
 * An offline lease holds the seat until it ends, whether the machine is idle or deactivated.
 */
export function seatEnd(
  { seat_idle_seconds }: SeatGrant,
  { deactivated_at, last_seen_at, lease_until }: SeatFacts,
): UnixSeconds {
  if (deactivated_at !== null) return lease_until;
  if (seat_idle_seconds === null) return Number.POSITIVE_INFINITY;
  return Math.max(last_seen_at + seat_idle_seconds, lease_until);
}

/** Whether a machine holds a seat at `now`: it is active and not lapsed, or its offline lease still runs. */
export const holdsSeat = (grant: SeatGrant, machine: SeatFacts, now: UnixSeconds): boolean =>
  seatEnd(grant, machine) > now;

/**
 * `holdsSeat` as an SQL condition over a `machines` row. `?1` is the current time, and `idle` the parameter with
 * `seat_idle_seconds`. The property test in test/domain/licensing/license/seats.test.ts proves that the two are equal.
 */
export const holdsSeatSql = (idle: string): string =>
  `(lease_until > ?1 OR (deactivated_at IS NULL AND (${idle} IS NULL OR last_seen_at + ${idle} > ?1)))`;

/** The machines of a license that hold a seat at `now`. They are never more than its limit, unless that was lowered. */
export const seatedMachines = <License extends SeatGrant & { machines: MachineRow[] }>(
  license: License,
  now: UnixSeconds,
): MachineRow[] => license.machines.filter((machine) => holdsSeat(license, machine, now));
