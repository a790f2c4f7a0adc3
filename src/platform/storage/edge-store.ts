import { IsolateCache } from "../../lib/isolate.ts";
import type { UnixSeconds } from "../../lib/time.ts";

/** How long an isolate uses a record without asking KV, in seconds. */
export const ISOLATE_TTL = 10;

/**
 * How long a location of KV uses its copy of a key, in seconds: the minimum. A location caches an absent key as long.
 * https://developers.cloudflare.com/kv/api/read-key-value-pairs/#cachettl-parameter
 */
export const KV_TTL = 30;

/**
 * The stated revocation bound, in seconds: after it, downloads usually agree with the published record. KV promises no
 * bound: a write is usually seen elsewhere when the copies there end.
 */
export const REVOCATION_SECONDS = KV_TTL + ISOLATE_TTL;

/**
 * The keys of the edge copy: a record a license, a manifest and packages a worker, framed files a format and worker, a
 * record a repository.
 */
export type EdgeKey =
  | `license:${string}`
  | `manifest:${string}`
  | `packages:${string}`
  | `framed:${string}:${string}`
  | `repository:${string}`;

/** The number of keys that KV takes in one bulk read. */
const BULK_READ = 100;

const cache = new IsolateCache<unknown>(20_000);

/**
 * Reads records of the edge copy. Fresh ones come from the isolate's memory, the rest from KV, a hundred in each
 * operation. An absent key is null and is not cached, because a record that is about to be written must be seen at
 * once. Throws KV's errors; the caller decides whether the ledger can answer instead.
 */
export async function readEdge(
  kv: Pick<KVNamespace, "get">,
  keys: EdgeKey[],
  now: UnixSeconds,
): Promise<Map<EdgeKey, unknown>> {
  const found = new Map<EdgeKey, unknown>();
  const missing: EdgeKey[] = [];
  for (const key of keys) {
    const record = cache.get(key, now);
    if (record === undefined) missing.push(key);
    else found.set(key, record);
  }
  const fetched = await readStored(kv, missing);
  for (const key of missing) {
    const record = fetched.get(key) ?? null;
    if (record !== null) cache.set(key, record, now + ISOLATE_TTL);
    found.set(key, record);
  }
  return found;
}

const AS_READ = { type: "json", cacheTtl: KV_TTL } as const;

/** Reads records from KV: one by itself, more by the hundred and all at once. Throws KV's errors. */
export async function readStored(kv: Pick<KVNamespace, "get">, keys: EdgeKey[]): Promise<Map<string, unknown>> {
  const [only] = keys;
  if (only === undefined) return new Map();
  if (keys.length === 1) return new Map([[only, await kv.get<unknown>(only, AS_READ)]]);
  const starts = Array.from({ length: Math.ceil(keys.length / BULK_READ) }, (_, index) => index * BULK_READ);
  const read = await Promise.all(
    starts.map((start) => kv.get<unknown>(keys.slice(start, start + BULK_READ) as string[], AS_READ)),
  );
  return new Map(read.flatMap((records) => [...records]));
}

/** The record that this isolate holds and may still use, or undefined. It reads no store. */
export const peekEdge = (key: EdgeKey, now: UnixSeconds): unknown => cache.get(key, now);

/** Writes a record of the edge copy, and lets this isolate see it at once. Throws KV's errors. */
export async function writeEdge(
  kv: Pick<KVNamespace, "put">,
  key: EdgeKey,
  record: unknown,
  now: UnixSeconds,
): Promise<void> {
  cache.delete(key);
  await kv.put(key, JSON.stringify(record));
  cache.set(key, record, now + ISOLATE_TTL);
}

/** Lets this isolate use a record from the ledger because KV failed. */
export const rememberEdge = (key: EdgeKey, record: unknown, now: UnixSeconds): void =>
  cache.set(key, record, now + ISOLATE_TTL);
