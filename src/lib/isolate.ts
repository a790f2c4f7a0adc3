import type { UnixSeconds } from "./time.ts";

const forgets: (() => void)[] = [];

/** Empties the memory of this isolate. Tests call it to act as another isolate. */
export function forgetIsolate(): void {
  for (const forget of forgets) forget();
}

/** Wraps `make` to run once per isolate and key, held weakly. If `make` throws, the next call runs it again. */
export function once<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  let made = new WeakMap<Key, Value>();
  forgets.push(() => {
    made = new WeakMap();
  });
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}

/**
 * `once` for an asynchronous `make`. It stores the value and not the promise, because a request of a Worker cannot wait
 * for the I/O of another. So each of the first concurrent calls may run `make`.
 */
export function onceResolved<Key extends object, Value>(
  make: (key: Key) => Promise<Value>,
): (key: Key) => Promise<Value> {
  const box = once<Key, { value?: Value }>(() => ({}));
  return async (key) => {
    const made = box(key);
    made.value ??= await make(key);
    return made.value;
  };
}

/**
 * A bounded map in the isolate's memory. Each entry ends at its own time; a full map drops the entry that was used
 * least recently. It holds plain data only, nothing that belongs to one request.
 */
export class IsolateCache<Value> {
  readonly #entries = new Map<string, { value: Value; until: UnixSeconds }>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    forgets.push(() => this.clear());
  }

  /** The value under `key` if it has not ended at `now`, else undefined. */
  get(key: string, now: UnixSeconds): Value | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.until <= now) {
      this.#entries.delete(key);
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Stores `value` under `key` until the second `until`. */
  set(key: string, value: Value, until: UnixSeconds): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until });
    if (this.#entries.size > this.#capacity) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
  }

  /** Drops `key`. */
  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Drops every entry. */
  clear(): void {
    this.#entries.clear();
  }
}
