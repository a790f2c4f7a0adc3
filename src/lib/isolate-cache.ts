import type { UnixSeconds } from "./time.ts";

const instances: IsolateCache<unknown>[] = [];

/** Forgets what this isolate holds: for tests that play another isolate. */
export function forgetIsolate(): void {
  for (const cache of instances) cache.clear();
}

/**
 * A bounded map in the isolate's memory whose entries are forgotten `ttl` seconds after they were set, and, when it is
 * full, oldest use first. It holds plain data only: nothing in it belongs to one request.
 */
export class IsolateCache<Value> {
  readonly #entries = new Map<string, { value: Value; until: UnixSeconds }>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    instances.push(this);
  }

  /** The value under `key` if it is still good at `now`, else undefined. */
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

  /** Keeps `value` under `key` until the second `until`. */
  set(key: string, value: Value, until: UnixSeconds): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until });
    if (this.#entries.size > this.#capacity) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
  }

  /** Forgets `key`. */
  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
  }
}
