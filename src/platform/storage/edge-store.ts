import { IsolateCache } from "../../lib/isolate.ts";
import type { UnixSeconds } from "../../lib/time.ts";

/**
 * How long an isolate may go on using a record without asking KV: the 10 s of the stated revocation bound. The 60 s
 * beside it are KV's own (a write may take that long to be seen elsewhere).
 */
export const ISOLATE_TTL = 10;

/** After how many seconds no download anywhere disagrees with what has been published: the stated revocation bound. */
export const REVOCATION_SECONDS = 60 + ISOLATE_TTL;

/** The keys of the edge copy: one record a license, one manifest a worker, what is in its packages, one record a repository. */
export type EdgeKey = `license:${string}` | `manifest:${string}` | `packages:${string}` | `repository:${string}`;

/** How many keys KV takes in one bulk read. */
const BULK_READ = 100;

const cache = new IsolateCache<unknown>(20_000);

/**
 * Reads records of the edge copy: from the isolate's memory where it is fresh enough, the rest in one KV operation for each hundred.
 * Absent keys are null and are not remembered, because a record that is about to be written must be seen at once.
 * Throws what KV throws; the caller decides whether the ledger can answer instead.
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

/** Reads records as KV has them: a single one by itself, more by the hundred and all at once. Throws what KV throws. */
export async function readStored(kv: Pick<KVNamespace, "get">, keys: EdgeKey[]): Promise<Map<string, unknown>> {
  const [only] = keys;
  if (only === undefined) return new Map();
  if (keys.length === 1) return new Map([[only, await kv.get<unknown>(only, "json")]]);
  const starts = Array.from({ length: Math.ceil(keys.length / BULK_READ) }, (_, index) => index * BULK_READ);
  const read = await Promise.all(
    starts.map((start) => kv.get<unknown>(keys.slice(start, start + BULK_READ) as string[], "json")),
  );
  return new Map(read.flatMap((records) => [...records]));
}

/** The record that this isolate holds and may still use, or undefined: asks nobody. */
export const peekEdge = (key: EdgeKey, now: UnixSeconds): unknown => cache.get(key, now);

/** Writes a record of the edge copy and lets this isolate see it at once. Throws what KV throws. */
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

/** Lets this isolate use a record that the ledger gave because KV could not. */
export const rememberEdge = (key: EdgeKey, record: unknown, now: UnixSeconds): void =>
  cache.set(key, record, now + ISOLATE_TTL);
