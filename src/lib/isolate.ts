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
 * About how many bytes a plain value takes in memory: its texts and numbers, and what V8 adds to each. It walks the
 * whole value, which is cheaper than writing it as JSON.
 */
export function roughSize(value: unknown): number {
  if (typeof value === "string") return 16 + value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (ArrayBuffer.isView(value)) return 64 + value.byteLength;
  let size = 32;
  for (const [name, member] of Object.entries(value))
    size += (Array.isArray(value) ? 8 : 16 + name.length) + roughSize(member);
  return size;
}

/** The memory that one cache may take if its entries vary in size, in bytes. An isolate has 128 MB for everything. */
const CACHE_BYTES = 16 * 1024 * 1024;

/** The memory of a cache whose entries can be made again cheaply, in bytes. All caches together stay under 80 MiB. */
export const SMALL_CACHE = CACHE_BYTES / 2;

type Entry<Value> = { value: Value; until: UnixSeconds; size: number };

/**
 * A map in the isolate's memory, bounded by its number of entries and by about how many bytes they take. Each entry
 * ends at its own time; a full map drops the entries that were used least recently, and a value that is larger than
 * the whole map is not stored. It holds plain data only, nothing that belongs to one request.
 */
export class IsolateCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #capacity: number;
  readonly #bytes: number;
  #size = 0;

  constructor(capacity: number, bytes: number = CACHE_BYTES) {
    this.#capacity = capacity;
    this.#bytes = bytes;
    forgets.push(() => this.clear());
  }

  /** About how many bytes the entries take. */
  get size(): number {
    return this.#size;
  }

  /** The value under `key` if it has not ended at `now`, else undefined. */
  get(key: string, now: UnixSeconds): Value | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.until <= now) {
      this.delete(key);
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Stores `value` under `key` until the second `until`. */
  set(key: string, value: Value, until: UnixSeconds): void {
    this.delete(key);
    const size = roughSize(key) + roughSize(value);
    if (size > this.#bytes) return;
    this.#entries.set(key, { value, until, size });
    this.#size += size;
    while (this.#entries.size > this.#capacity || this.#size > this.#bytes) {
      const oldest = this.#entries.keys().next();
      if (oldest.done) return;
      this.delete(oldest.value);
    }
  }

  /** Drops `key`. */
  delete(key: string): void {
    this.#size -= this.#entries.get(key)?.size ?? 0;
    this.#entries.delete(key);
  }

  /** Drops every entry. */
  clear(): void {
    this.#entries.clear();
    this.#size = 0;
  }
}
