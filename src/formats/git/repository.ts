import type { RepositorySource } from "../../domain/catalog/format.ts";
import { type PublishedWorker, publishedWorker } from "../../domain/catalog/published-workers.ts";
import { manifestFromLedger } from "../../domain/releases/manifest-publication.ts";
import { workers } from "../../domain/workers/workers.ts";
import { logFailure } from "../../lib/log.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { configOf } from "../../platform/config/config.ts";
import { readEdge, readStored, rememberEdge, writeEdge } from "../../platform/storage/edge-store.ts";
import { appendRevision, latestRevisions, type NumberedRevision, readHistory } from "./history-store.ts";
import { packHistory, treeOf } from "./object.ts";
import { packKey, RepositoryRecord, repositoryKey } from "./record.ts";

type Sources = readonly RepositorySource[];

/** The names of all repositories. */
export const repositoryNames = (sources: Sources): string[] => sources.flatMap(({ names }) => names);

/** The files that each repository is to hold, by its name, while every worker is published so. */
const contentsOf = (sources: Sources, published: readonly PublishedWorker[], url: string) =>
  sources.flatMap((source) => [...source.contents(published, url)]);

/**
 * Brings every repository to what the ledger says is published at `now`: a revision is added to those whose files differ from
 * their last one, and the edge copy of those that it is behind for is made anew. Called when a release has moved, and every minute
 * by the cron: a deployment may have changed a recipe, and whatever was cut short is made good. Any number may run at once.
 * Throws what D1, R2 and KV throw.
 */
export async function publishRepositories(env: Env, sources: Sources, now: UnixSeconds): Promise<void> {
  const latest = await recordRevisions(env, sources, now);
  const kept = await readStored(env.EDGE, [...latest.keys()].map(repositoryKey));
  const seqAtEdge = (name: string) => RepositoryRecord.safeParse(kept.get(repositoryKey(name))).data?.seq;
  const behind = [...latest].filter(([name, { seq }]) => seqAtEdge(name) !== seq);
  await Promise.all(
    behind.map(async ([name]) => {
      const made = await makeRepository(env, name);
      if (made) await writeEdge(env.EDGE, repositoryKey(name), made, now);
    }),
  );
}

/**
 * Adds a revision to every repository whose files are not those of its last one, and returns the last one of each. That is read
 * before the releases: whoever has read older releases finds the place taken that a newer state has got meanwhile, and looks
 * again. Throws what D1 throws.
 */
export async function recordRevisions(
  env: Env,
  sources: Sources,
  now: UnixSeconds,
): Promise<Map<string, NumberedRevision>> {
  for (;;) {
    const latest = await latestRevisions(env.DB, repositoryNames(sources));
    const config = configOf(env);
    const published = await Promise.all(
      workers.map(async (worker) => publishedWorker(worker, await manifestFromLedger(env.DB, worker.id, now), config)),
    );
    let settled = true;
    for (const [name, { message, files }] of contentsOf(sources, published, config.PUBLIC_URL)) {
      const last = latest.get(name);
      if (last && treeOf(last.files).tree.id === treeOf(files).tree.id) continue;
      const revision = { seq: (last?.seq ?? 0) + 1, at: Math.max(now, last?.at ?? 0), message, files };
      if (await appendRevision(env.DB, name, revision)) latest.set(name, revision);
      else settled = false;
    }
    if (settled) return latest;
  }
}

/**
 * Makes a repository of its history, keeps its pack in R2 and returns its record; null where there is no history. A pack is there
 * before a record names it, and stays for a week: a clone that began with an older record ends with that. Throws what D1 and R2 throw.
 */
export async function makeRepository(
  env: Pick<Env, "DB" | "BINARIES">,
  name: string,
): Promise<RepositoryRecord | null> {
  const history = await readHistory(env.DB, name);
  const [first, last] = [history[0], history.at(-1)];
  const { head, name: pack, pack: packed, index } = packHistory(history);
  if (!first || !last || head === null) return null;
  await env.BINARIES.put(packKey(name, `pack-${pack}.idx`), index);
  await env.BINARIES.put(packKey(name, `pack-${pack}.pack`), packed);
  return { seq: last.seq, head, pack, first_at: first.at, last_at: last.at, files: last.files };
}

/**
 * The records of these repositories, by their names: one KV read at most, none while the isolate holds them. Where KV fails or has
 * none yet, as on the first request ever, the ledger answers. Throws what D1 and R2 throw, and only when KV could not answer.
 */
export async function readRepositories(
  env: Env,
  sources: Sources,
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
  await recordRevisions(env, sources, now);
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
export const readRepository = async (
  env: Env,
  sources: Sources,
  name: string,
  now: UnixSeconds,
): Promise<RepositoryRecord | null> => (await readRepositories(env, sources, [name], now)).get(name) ?? null;

/**
 * The same as the ledger has it now: for a D1 read, no older than any record that was read before, wherever that was. If the
 * ledger fails, what `readRepository` knows.
 */
export async function readNewestRepository(
  env: Env,
  sources: Sources,
  name: string,
  now: UnixSeconds,
): Promise<RepositoryRecord | null> {
  const known = await readRepository(env, sources, name, now);
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
