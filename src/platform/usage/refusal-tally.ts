import type { UnixSeconds } from "../../lib/time.ts";
import type { Refusal } from "./refusal.ts";

/** Equal refusals, counted. */
export type CountedRefusal = Refusal & { count: number };

/** How often in a second an isolate tells of refusals at once; what is more waits for a later one. */
const TELLINGS_PER_SECOND = 20;

/** How many different refusals wait at most: a message of the queue holds 128 KB. */
const CAPACITY = 300;

/**
 * The refusals that an isolate has not told of yet. A flood of them, which somebody may send on purpose, becomes few messages
 * with large counts; where there are few, each is told at once. What waits when an isolate ends is lost: figures, no facts.
 */
export class RefusalTally {
  readonly #waiting = new Map<string, CountedRefusal>();
  #second: UnixSeconds = 0;
  #told = 0;

  /** Counts a refusal at `now`; returns what is to be told now, if anything. */
  add(refusal: Refusal, now: UnixSeconds): CountedRefusal[] {
    const key = JSON.stringify(Object.values(refusal));
    const count = (this.#waiting.get(key)?.count ?? 0) + 1;
    if (count > 1 || this.#waiting.size < CAPACITY) this.#waiting.set(key, { ...refusal, count });
    if (now !== this.#second) this.#told = 0;
    this.#second = now;
    if (this.#told >= TELLINGS_PER_SECOND) return [];
    this.#told++;
    const telling = [...this.#waiting.values()];
    this.#waiting.clear();
    return telling;
  }
}
