import { IsolateCache } from "../../lib/isolate.ts";
import { logFailure } from "../../lib/log.ts";
import {
  encodeMinisignPublicKey,
  type MinisignPublicKey,
  parseMinisignSignature,
  showKeyId,
} from "../../lib/minisign/minisign.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { type Config, configOf } from "../../platform/config/config.ts";
import { type EdgeKey, ISOLATE_TTL, peekEdge, readEdge } from "../../platform/storage/edge-store.ts";
import { signaturePolicy } from "../releases/artifact/check.ts";
import { type Manifest, type ManifestRelease, manifestOfRecord } from "../releases/manifest.ts";
import { readLedgerManifest } from "../releases/manifest-publication.ts";
import { latestRelease } from "../releases/selection.ts";
import { type Architecture, readRecipe } from "../workers/recipe.ts";
import { type PublishedBinary, type PublishedVersion, pkgverOf, renderRecipe } from "../workers/recipe-rendering.ts";
import { type Worker, workers } from "../workers/workers.ts";

const KEYS = workers.map(({ id }): EdgeKey => `manifest:${id}`);

/** Workers that KV knew no release of, a moment ago. What is published here is in the edge cache and is looked at first. */
const unreleased = new IsolateCache<true>(KEYS.length);

/** What was made last, by the `env` it was made for: the manifests (in the order of `workers`), their releases, the result. */
type Made = { manifests: (Manifest | null)[]; releases: (ManifestRelease | null)[]; workers: readonly Worker[] };
const made = new WeakMap<object, Made>();

/**
 * Every worker as it is published at `now`: its recipe is of its newest published stable release that the recipe can install;
 * where there is none, as it is checked in. The free ones come first. The same array is returned until something changes.
 *
 * One KV read at most, none while the isolate's records are fresh (10 s). If KV fails, or holds what cannot be read, the ledger
 * answers, and if that fails, too, what was known last: a recipe is always there. Never throws, but for a `ConfigError`.
 */
export async function publishedWorkers(env: Env, now: UnixSeconds): Promise<readonly Worker[]> {
  return publishedWorkersAtOnce(env, now) ?? remake(env, await readManifests(env, now));
}

/** The same if this isolate knows it without asking anyone, else null. */
export function publishedWorkersAtOnce(env: Env, now: UnixSeconds): readonly Worker[] | null {
  const last = made.get(env);
  if (!last) return null;
  const manifests: (Manifest | null)[] = [];
  for (const key of KEYS) {
    const manifest = manifestOfRecord(peekEdge(key, now));
    if (!manifest && !unreleased.get(key, now)) return null;
    manifests.push(manifest);
  }
  return remake(env, manifests);
}

async function readManifests(env: Env, now: UnixSeconds): Promise<(Manifest | null)[]> {
  try {
    const found = await readEdge(env.EDGE, KEYS, now);
    for (const key of KEYS) if (found.get(key) === null) unreleased.set(key, true, now + ISOLATE_TTL);
    const manifests = KEYS.map((key) => manifestOfRecord(found.get(key)));
    if (KEYS.every((key, index) => manifests[index] || found.get(key) === null)) return manifests;
  } catch (error) {
    logFailure("edge.unreadable", error, { keys: KEYS });
  }
  try {
    return await Promise.all(workers.map(({ id }) => readLedgerManifest(env.DB, id, now)));
  } catch (error) {
    logFailure("ledger.unreadable", error);
    return made.get(env)?.manifests ?? workers.map(() => null);
  }
}

/** The workers of these manifests: those made last if nothing that a recipe depends on has changed. */
function remake(env: Env, manifests: (Manifest | null)[]): readonly Worker[] {
  const last = made.get(env);
  if (last && manifests.every((manifest, index) => manifest === last.manifests[index])) return last.workers;
  const config = configOf(env);
  const releases = workers.map((worker, index) => installable(worker, manifests[index] ?? null));
  // A release never changes once it is published.
  const same = last && releases.every((release, index) => release?.id === last.releases[index]?.id);
  const current = same
    ? last.workers
    : workers.map((worker, index) => published(worker, releases[index] ?? null, config));
  made.set(env, { manifests, releases, workers: current });
  return current;
}

/** A worker as it is published, and the release that its recipe is of; null: it is as it is checked in. */
export type PublishedWorker = { worker: Worker; release: ManifestRelease | null };

/** A worker as `manifest` says it is published. */
export function publishedWorker(worker: Worker, manifest: Manifest, config: Config): PublishedWorker {
  const release = installable(worker, manifest);
  return { worker: published(worker, release, config), release };
}

/** Whether a worker's recipe can be run: it builds from source, or `manifest` (null: nothing is published) has a release for it. */
export const canInstallByRecipe = (worker: Worker, manifest: Manifest | null): boolean =>
  worker.source.type === "git" || installable(worker, manifest) !== null;

const installable = (worker: Worker, manifest: Manifest | null): ManifestRelease | null =>
  manifest && latestRelease(manifest, { covers: (release) => publishedVersion(worker, release, []) !== null });

/** A worker as of a release (null: as it is checked in). */
function published(worker: Worker, release: ManifestRelease | null, config: Config): Worker {
  const version = release && publishedVersion(worker, release, signaturePolicy(config).keys);
  const text = renderRecipe(worker, version, config.PUBLIC_URL);
  const recipe = readRecipe(text.pkgbuild, text.srcinfo);
  if (!recipe.ok) throw new Error(`The recipe of ${worker.id} cannot be read: ${recipe.error}.`);
  return { ...worker, ...recipe.value, ...text };
}

type Installer = Pick<Worker, "source" | "operatingSystems" | "architectures">;

/**
 * What a worker's recipe has to say of a release; null for one that it cannot install: a recipe that fetches a binary needs one
 * for its operating system. `keys` are those that releases are signed with.
 */
export function publishedVersion(
  worker: Installer,
  release: ManifestRelease,
  keys: readonly MinisignPublicKey[],
): PublishedVersion | null {
  const pkgver = pkgverOf(release.version);
  if (worker.source.type === "git") return { pkgver, sourceTag: release.source_tag, binaries: [] };
  const binaries = worker.architectures.flatMap((architecture) => publishedBinary(worker, architecture, release, keys));
  return binaries.length > 0 ? { pkgver, sourceTag: null, binaries } : null;
}

function publishedBinary(
  { operatingSystems }: Installer,
  architecture: Architecture,
  { artifacts }: ManifestRelease,
  keys: readonly MinisignPublicKey[],
): PublishedBinary[] {
  const platforms: string[] = operatingSystems.map((system) => `${system}-${architecture}`);
  const binary = artifacts.find(({ kind, platform }) => kind === "binary" && platforms.includes(platform));
  if (!binary) return [];
  const { filename, sha256, signature } = binary;
  return [{ architecture, filename, sha256, signature: checkable(signature, keys) }];
}

/** The signature with the key that made it. One by a key that is no longer in use is left to those who have pinned that key. */
function checkable(text: string | null, keys: readonly MinisignPublicKey[]): PublishedBinary["signature"] {
  const parsed = text === null ? null : parseMinisignSignature(text);
  if (text === null || !parsed?.ok) return null;
  const signer = keys.find(({ keyId }) => showKeyId(keyId) === showKeyId(parsed.value.keyId));
  return signer ? { text, key: encodeMinisignPublicKey(signer) } : null;
}
