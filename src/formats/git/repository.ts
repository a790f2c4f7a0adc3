import type { RepositorySource } from "../../domain/catalog/format.ts";
import { type PublishedWorker, publishedWorker } from "../../domain/catalog/published-workers.ts";
import { manifestFromLedger } from "../../domain/releases/manifest-publication.ts";
import { workers } from "../../domain/workers/workers.ts";
import { logFailure } from "../../lib/log.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { configOf } from "../../platform/config/config.ts";
import { requireOwnLedger } from "../../platform/storage/deployment.ts";
import { readEdge, readStored, rememberEdge, writeEdge } from "../../platform/storage/edge-store.ts";
import { appendRevision, latestRevisions, type NumberedRevision, readHistory } from "./history-store.ts";
import { packHistory, treeOf } from "./object.ts";
import { packKey, RepositoryRecord, repositoryKey } from "./record.ts";

type Sources = readonly RepositorySource[];

/** The names of all repositories. */
export const repositoryNames = (sources: Sources): string[] => sources.flatMap(({ names }) => names);

/** The contents of each repository, by its name, for workers published like this. */
const contentsOf = (sources: Sources, published: readonly PublishedWorker[], url: string) =>
  sources.flatMap((source) => [...source.contents(published, url)]);

/**
 * Updates every repository to the releases that the ledger has at `now`: adds a revision where files differ from the
 * last one, and writes the edge copy where it is behind. Called when a release has moved, and every minute by the cron,
 * because a deployment may have changed a recipe and a request may have been interrupted. Safe to run concurrently.
 * Throws the errors of D1, R2 and KV.
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
 * Adds a revision to every repository if its files differ from the last one, and returns the last revision of each. It
 * reads revisions before releases: if a concurrent run has added a newer state, the sequence number is taken, and this
 * run starts again. Throws D1's errors.
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
 * Makes a repository from its history, stores its pack in R2 and returns its record; null without a history. R2 has the
 * pack before a record names it, and keeps it for a week after a newer one, so a clone that began with an older record
 * can finish. Throws the errors of D1 and R2.
 */
async function makeRepository(env: Pick<Env, "DB" | "BINARIES">, name: string): Promise<RepositoryRecord | null> {
  const history = await readHistory(env.DB, name);
  const [first, last] = [history[0], history.at(-1)];
  const { head, name: pack, pack: packed, index } = await packHistory(history);
  if (!first || !last || head === null) return null;
  await env.BINARIES.put(packKey(name, `pack-${pack}.idx`), index);
  await env.BINARIES.put(packKey(name, `pack-${pack}.pack`), packed);
  return { seq: last.seq, head, pack, first_at: first.at, last_at: last.at, files: last.files };
}

/**
 * The records of these repositories, by name: at most one KV read, and none while the isolate holds them. If KV fails
 * or has no record, as on the first request ever, the ledger answers. Throws SERVICE_UNAVAILABLE if the ledger then
 * belongs to another deployment, and the errors of D1 and R2.
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
  // The copy of a deployment has an empty edge copy, so its readers would write their recipes into the live history.
  await requireOwnLedger(env);
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

/** The record of one repository, or null if there is no such repository: see `readRepositories`. */
export const readRepository = async (
  env: Env,
  sources: Sources,
  name: string,
  now: UnixSeconds,
): Promise<RepositoryRecord | null> => (await readRepositories(env, sources, [name], now)).get(name) ?? null;

/**
 * The record of a repository as the ledger has it now, with one D1 read: never older than a record that any isolate has
 * served. If the ledger fails, it is the record of `readRepository`.
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
