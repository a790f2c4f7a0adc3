/** Whole seconds since 1970-01-01T00:00:00Z: the only unit of time in this code, in D1, in KV and in tokens. */
export type UnixSeconds = number;

export const MINUTE = 60;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The last second that RFC 3339 can express. */
export const END_OF_TIME: UnixSeconds = 253_402_300_799;

/** The first second of the day (UTC) that contains `at`. */
export const startOfDay = (at: UnixSeconds): UnixSeconds => at - (at % DAY);

/** The current time in seconds. Only the edges (routes, scheduled, queue, CLI) call it; decisions take `now`. */
export const currentTime = (): UnixSeconds => Math.floor(Date.now() / 1000);

/** RFC 3339 in UTC without fractions (`2026-11-23T12:00:00Z`), or null for null. */
export function toRfc3339(at: UnixSeconds): string;
export function toRfc3339(at: UnixSeconds | null): string | null;
export function toRfc3339(at: UnixSeconds | null): string | null {
  return at === null ? null : new Date(at * 1000).toISOString().replace(".000Z", "Z");
}

/** The seconds of an RFC 3339 time that a schema has already accepted. */
export const fromRfc3339 = (text: string): UnixSeconds => Math.floor(Date.parse(text) / 1000);
