import { logFailure } from "../log.ts";
import { readEdge, rememberEdge } from "../storage/edge-store.ts";
import type { UnixSeconds } from "../time.ts";
import { makeRepository, recordRevisions } from "./repository-publication.ts";
import { RepositoryRecord, repositoryKey } from "./repository-record.ts";

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
