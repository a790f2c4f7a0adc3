import { logFailure } from "../../lib/log.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { readEdge, rememberEdge } from "../../platform/storage/edge-store.ts";
import { latestRevisions } from "./history-store.ts";
import { makeRepository, recordRevisions } from "./repository.ts";
import { RepositoryRecord, repositoryKey } from "./record.ts";

/**
 * The records of these repositories, by their names: one KV read at most, none while the isolate holds them. Where KV fails or has
 * none yet, as on the first request ever, the ledger answers. Throws what D1 and R2 throw, and only when KV could not answer.
 */
export async function readRepositories(
  env: Env,
  names: readonly string[],
  now: UnixSeconds,
): Promise<Map<string, RepositoryRecord>> {
  const keys = names.map(repositoryKey);
  const found = await readEdge(env.EDGE, keys, now).catch((error: unknown) => {
    logFailure("edge.unreadable", error, { keys });
    return new Map<string, unknown>();
  });
  const records = new Map<string, RepositoryRecord>();
  for (const name of names) {
    const kept = RepositoryRecord.safeParse(found.get(repositoryKey(name)));
    if (kept.success) records.set(name, kept.data);
  }
  if (records.size === names.length) return records;
  await recordRevisions(env, now);
  const missing = names.filter((name) => !records.has(name));
  await Promise.all(
    missing.map(async (name) => {
      const made = await makeRepository(env, name);
      if (!made) return;
      rememberEdge(repositoryKey(name), made, now);
      records.set(name, made);
    }),
  );
  return records;
}

/** The record of one repository, null for one that there is not: see `readRepositories`. */
export const readRepository = async (env: Env, name: string, now: UnixSeconds): Promise<RepositoryRecord | null> =>
  (await readRepositories(env, [name], now)).get(name) ?? null;

/**
 * The same as the ledger has it now: for a D1 read, no older than any record that was read before, wherever that was. If the
 * ledger fails, what `readRepository` knows.
 */
export async function readNewestRepository(env: Env, name: string, now: UnixSeconds): Promise<RepositoryRecord | null> {
  const known = await readRepository(env, name, now);
  try {
    const newest = (await latestRevisions(env.DB, [name])).get(name);
    if (!newest || (known && newest.seq <= known.seq)) return known;
    const made = await makeRepository(env, name);
    rememberEdge(repositoryKey(name), made, now);
    return made;
  } catch (error) {
    logFailure("ledger.unreadable", error);
    return known;
  }
}
