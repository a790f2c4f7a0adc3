/** A time in seconds since 1970. */
export type UnixSeconds = number;

/** The tolerated difference between two clocks, in seconds. */
export const TOLERANCE = 60;

/**
 * A machine's time. `seen` is the newest time that the program has evidence of, and keeps: the `iat` of a token that it
 * received, or its own clock at an earlier check. A clock that is set back behind it revives nothing.
 */
export type Time = { now: UnixSeconds; seen?: UnixSeconds | undefined };

/** The time by which things are judged: the later one of the clock and the evidence. */
export const timeOf = ({ now, seen = 0 }: Time): UnixSeconds => Math.max(now, seen);

/** This machine's clock. */
export const clockNow = (): UnixSeconds => Math.floor(Date.now() / 1000);
