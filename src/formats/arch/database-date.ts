import { MINUTE, type UnixSeconds } from "../../lib/time.ts";
import { ISOLATE_TTL } from "../../platform/storage/edge-store.ts";

/** For how long after a change some place may still use the records from before it, in seconds. */
const SETTLING = MINUTE + ISOLATE_TTL;

/**
 * The `Last-Modified` of a database whose newest record was made at `changedAt`, at `now`. pacman takes a database only if this
 * date is later than the one of its copy, to the second. While a change settles, a copy may have been made of one new record and
 * one old one, or before another change in the same second: it is dated a second back then, so that who has taken it takes it
 * once more when all is settled.
 */
export const databaseDate = (changedAt: UnixSeconds, now: UnixSeconds): UnixSeconds =>
  now <= changedAt + SETTLING ? changedAt - 1 : changedAt;
