import { DAY, HOUR, MINUTE, type UnixSeconds } from "../../../lib/time.ts";
import type { Endpoint, OwnReason } from "../endpoint/store.ts";

/**
 * The end of an attempt. `status`: of the answer; null: there was none in time. `retryAfter`: the receiver's wish, in
 * seconds.
 */
export type Attempt = { status: number | null; error: string | null; ms: number; retryAfter: number | null };

/** The facts of a delivery that decide over its next attempt. */
export type DeliveryFacts = { attempts: number; first_attempt_at: UnixSeconds | null };

/** What becomes of a delivery after an attempt. */
export type Outcome = { state: "delivered" } | { state: "pending"; next_attempt_at: UnixSeconds } | { state: "failed" };

/** The pauses after the first, second, ... failure: the example of the Standard Webhooks specification. */
const PAUSES = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, DAY] as const;

/** The longest pause that a receiver may ask for by `Retry-After`. */
const LONGEST_WISH = DAY;

/** A tenth more or less, so that what failed together is not sent together again. `random`: 0 to 1. */
const spread = (seconds: number, random: number): number => Math.round(seconds * (0.9 + 0.2 * random));

/** Whether a receiver has taken a message: any 2xx. A redirect is a failure. */
export const isTaken = ({ status }: Pick<Attempt, "status">): boolean =>
  status !== null && status >= 200 && status < 300;

/**
 * What becomes of a delivery after an attempt at `now`. It is given up after the last pause, but only if the receiver
 * has taken other messages since the first attempt (`failing_since` of its endpoint): while a receiver takes nothing,
 * nothing is given up, and in the end the endpoint is disabled.
 */
export function outcomeOf(
  { attempts, first_attempt_at }: DeliveryFacts,
  attempt: Attempt,
  { failing_since }: Pick<Endpoint, "failing_since">,
  now: UnixSeconds,
  random: number,
): Outcome {
  if (isTaken(attempt)) return { state: "delivered" };
  const made = attempts + 1;
  const pause = PAUSES[made - 1] ?? DAY;
  const isDown = failing_since !== null && failing_since <= (first_attempt_at ?? now);
  if (made > PAUSES.length && !isDown) return { state: "failed" };
  const wished = Math.min(attempt.retryAfter ?? 0, LONGEST_WISH);
  return { state: "pending", next_attempt_at: now + Math.max(spread(pause, random), wished) };
}

/** The minutes before the next round after the first, second, ... one without a success. The last is for all later. */
const ROUND_PAUSES = [0, 1, 2, 5, 10, 15, 30] as const;

/** The endpoint's facts after a round of attempts at `now`. It needs at least one attempt. */
export function afterRound(
  { failures, failing_since }: Pick<Endpoint, "failures" | "failing_since">,
  attempts: readonly Attempt[],
  now: UnixSeconds,
): Pick<Endpoint, "failures" | "failing_since" | "not_before"> {
  const wished = Math.min(Math.max(...attempts.map(({ retryAfter }) => retryAfter ?? 0)), LONGEST_WISH);
  if (attempts.some(isTaken)) return { failures: 0, failing_since: null, not_before: wished === 0 ? 0 : now + wished };
  const pause = (ROUND_PAUSES[failures] ?? 30) * MINUTE;
  return { failures: failures + 1, failing_since: failing_since ?? now, not_before: now + Math.max(pause, wished) };
}

/** How long an endpoint may take nothing before it is disabled, in seconds. */
export const FAILING_FOR = 5 * DAY;

/** Why the endpoint is disabled after a round; null: it is not. 410 says that the receiver wants no more messages. */
export function reasonToDisable(
  { failing_since }: Pick<Endpoint, "failing_since">,
  attempts: readonly Attempt[],
  now: UnixSeconds,
): OwnReason | null {
  if (attempts.some(({ status }) => status === 410)) return "gone";
  return failing_since !== null && failing_since <= now - FAILING_FOR ? "failing" : null;
}
