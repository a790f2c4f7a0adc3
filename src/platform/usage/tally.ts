import type { UnixSeconds } from "../../lib/time.ts";

/** The maximum number of messages that a tally sends in a second. Later entries wait for a later message. */
const MESSAGES_PER_SECOND = 20;

/** The maximum number of different entries that wait. A message of the queue holds 128 KB. */
const CAPACITY = 300;

/**
 * Batches the equal entries of an isolate. A flood becomes a few messages with large counts; a single entry is sent at
 * once. Waiting entries are lost when the isolate ends, which is acceptable for statistics.
 */
export class Tally<Entry extends object> {
  readonly #waiting = new Map<string, Entry & { count: number }>();
  #second: UnixSeconds = 0;
  #sent = 0;

  /** Adds an entry at `now`. Returns the counted entries to send now, maybe none. */
  add(entry: Entry, now: UnixSeconds): (Entry & { count: number })[] {
    const key = JSON.stringify(Object.values(entry));
    const count = (this.#waiting.get(key)?.count ?? 0) + 1;
    if (count > 1 || this.#waiting.size < CAPACITY) this.#waiting.set(key, { ...entry, count });
    if (now !== this.#second) this.#sent = 0;
    this.#second = now;
    if (this.#sent >= MESSAGES_PER_SECOND) return [];
    this.#sent++;
    const batch = [...this.#waiting.values()];
    this.#waiting.clear();
    return batch;
  }
}
