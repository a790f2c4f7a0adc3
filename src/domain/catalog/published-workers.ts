import { IsolateCache } from "../../lib/isolate.ts";
import { logFailure } from "../../lib/log.ts";
import { encodeMinisignPublicKey, parseMinisignSignature, showKeyId } from "../../lib/minisign/minisign.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { type Config, configOf } from "../../platform/config/config.ts";
import { type EdgeKey, ISOLATE_TTL, peekEdge, readEdge } from "../../platform/storage/edge-store.ts";
import { type SignaturePolicy, signaturePolicy } from "../releases/artifact/check.ts";
import { defaultBuild } from "../releases/build.ts";
import { type Manifest, type ManifestRelease, manifestOfRecord } from "../releases/manifest.ts";
import { latestRelease } from "../releases/selection.ts";
import { usableSource } from "../releases/source/decision.ts";
import { binaryRecipe } from "../workers/binary-recipe.ts";
import { type Architecture, readRecipe } from "../workers/recipe.ts";
import { type PublishedBinary, type PublishedVersion, pkgverOf, renderRecipe } from "../workers/recipe-rendering.ts";
import { type Worker, workers } from "../workers/workers.ts";
import { buildsSource } from "./recipe-files.ts";

const KEYS = workers.map(({ id }): EdgeKey => `manifest:${id}`);

/**
 * The workers that had no release in KV a moment ago. A release that is published here is in the edge cache, which is
 * read first.
 */
const unreleased = new IsolateCache<true>(KEYS.length);

/**
 * A worker as published. `latest`: its newest published stable release, which its recipe may be unable to install.
 * `installs`: the release that its recipe installs; null if the recipe is as checked in. `binaryRecipe`: the recipe
 * that installs the binaries of the newest stable release that has some for Linux; null if there is none, or if its own
 * recipe installs binaries.
 */
export type ListedWorker = Worker & {
  latest: ManifestRelease | null;
  installs: ManifestRelease | null;
  binaryRecipe: string | null;
};

/** The releases that the entry of a worker shows: those of its recipe, of its newest version, of its binary recipe. */
type Shown = Record<"installs" | "latest" | "binaries", ManifestRelease | null>;

/** The latest result for each `env`: manifests (in the order of `workers`), their releases and the workers of them. */
type Made = { manifests: (Manifest | null)[]; shown: readonly Shown[]; workers: readonly ListedWorker[] };
const made = new WeakMap<object, Made>();

/**
 * Every worker as it is published at `now`, free workers first. A recipe installs the newest published stable release
 * that it can install; without one, it is the checked-in recipe. Returns the same array until something changes.
 *
 * Reads KV at most once, and not at all while the isolate's records are fresh (10 s). If KV fails or holds an
 * unreadable record, the ledger answers. If the ledger fails too, the latest known manifests are used, so a recipe is
 * always available. Throws only `ConfigError`.
 */
export async function publishedWorkers(env: Env, now: UnixSeconds): Promise<readonly ListedWorker[]> {
  return publishedWorkersAtOnce(env, now) ?? remake(env, (await readManifests(env, now)) ?? workers.map(() => null));
}

/**
 * The manifests of all workers at `now`, in the order of `workers`, read as `publishedWorkers` reads them; null in
 * place of one for a worker without a release. Null if neither KV nor the ledger can be read, and none is known.
 */
export const publishedManifests = async (env: Env, now: UnixSeconds): Promise<readonly (Manifest | null)[] | null> =>
  manifestsInMemory(now) ?? readManifests(env, now);

/** The same workers if this isolate has all records in memory, else null. */
export function publishedWorkersAtOnce(env: Env, now: UnixSeconds): readonly ListedWorker[] | null {
  const manifests = made.has(env) ? manifestsInMemory(now) : null;
  return manifests && remake(env, manifests);
}

/** The manifests if this isolate has all records in memory, else null. */
function manifestsInMemory(now: UnixSeconds): (Manifest | null)[] | null {
  const manifests: (Manifest | null)[] = [];
  for (const key of KEYS) {
    const manifest = manifestOfRecord(peekEdge(key, now));
    if (!manifest && !unreleased.get(key, now)) return null;
    manifests.push(manifest);
  }
  return manifests;
}

async function readManifests(env: Env, now: UnixSeconds): Promise<(Manifest | null)[] | null> {
  try {
    const found = await readEdge(env.EDGE, KEYS, now);
    for (const key of KEYS) if (found.get(key) === null) unreleased.set(key, true, now + ISOLATE_TTL);
    const manifests = KEYS.map((key) => manifestOfRecord(found.get(key)));
    if (KEYS.every((key, index) => manifests[index] || found.get(key) === null)) return manifests;
  } catch (error) {
    logFailure("edge.unreadable", error, { keys: KEYS });
  }
  try {
    const { readLedgerManifest } = await import("../releases/manifest-publication.ts");
    return await Promise.all(workers.map(({ id }) => readLedgerManifest(env.DB, id, now)));
  } catch (error) {
    logFailure("ledger.unreadable", error);
    return made.get(env)?.manifests ?? null;
  }
}

/** The workers of these manifests. Returns the latest result if nothing that a recipe depends on has changed. */
function remake(env: Env, manifests: (Manifest | null)[]): readonly ListedWorker[] {
  const last = made.get(env);
  if (last && manifests.every((manifest, index) => manifest === last.manifests[index])) return last.workers;
  const config = configOf(env);
  const policy = signaturePolicy(config);
  const shown = workers.map((worker, index) => shownReleases(worker, manifests[index] ?? null, policy));
  // A published release never changes, but one without a signed source may gain it.
  const same = last && shown.every((releases, index) => isSame(releases, last.shown[index]));
  const current = same
    ? last.workers
    : workers.map((worker, index) => {
        const { installs = null, latest = null, binaries = null } = shown[index] ?? {};
        const binaryRecipe = binaryRecipeOf(worker, binaries, policy, config);
        return { ...published(worker, installs, config), latest, installs, binaryRecipe };
      });
  made.set(env, { manifests, shown, workers: current });
  return current;
}

const shownReleases = (worker: Worker, manifest: Manifest | null, policy: SignaturePolicy): Shown => ({
  installs: installable(worker, manifest, policy),
  latest: manifest && latestRelease(manifest),
  binaries:
    manifest && latestRelease(manifest, { covers: (release) => linuxBinaries(worker, release, policy).length > 0 }),
});

const isSame = (one: Shown, other: Shown | undefined): boolean =>
  (["installs", "latest", "binaries"] as const).every(
    (name) => one[name]?.id === other?.[name]?.id && one[name]?.source?.commit === other?.[name]?.source?.commit,
  );

/**
 * A published worker and the release that its recipe installs; null: the recipe is the checked-in one. `policy` is the
 * catalog's, for the signatures of the release.
 */
export type PublishedWorker = { worker: Worker; release: ManifestRelease | null; policy: SignaturePolicy };

/** A worker as it is published according to `manifest`. */
export function publishedWorker(worker: Worker, manifest: Manifest, config: Config): PublishedWorker {
  const policy = signaturePolicy(config);
  const release = installable(worker, manifest, policy);
  return { worker: published(worker, release, config), release, policy };
}

/** Whether a worker's recipe works: it builds from source, or `manifest` (null: none) has a release for it. */
export const canInstallByRecipe = (worker: Worker, manifest: Manifest | null): boolean =>
  worker.source.type === "git" || installable(worker, manifest, { required: true, keys: [] }) !== null;

const installable = (worker: Worker, manifest: Manifest | null, policy: SignaturePolicy): ManifestRelease | null =>
  manifest && latestRelease(manifest, { covers: (release) => publishedVersion(worker, release, policy) !== null });

/** A worker with the recipe for a release (null: the checked-in recipe). */
function published(worker: Worker, release: ManifestRelease | null, config: Config): Worker {
  const version = release && publishedVersion(worker, release, signaturePolicy(config));
  const text = renderRecipe(worker, version, config.PUBLIC_URL);
  const recipe = readRecipe(text.pkgbuild, text.srcinfo);
  if (!recipe.ok) throw new Error(`The recipe of ${worker.id} cannot be read: ${recipe.error}.`);
  return { ...worker, ...recipe.value, ...text, source: sourceOf(worker, recipe.value, version) };
}

/** The source of a published recipe: its tag, also if the recipe takes the commit from an archive of the catalog. */
function sourceOf(worker: Worker, { source }: Pick<Worker, "source">, version: PublishedVersion | null) {
  if (worker.source.type !== "git" || !version?.source?.archive) return source;
  const { tag, commit } = version.source;
  return { type: "git" as const, url: worker.source.url, tag, ...(commit !== null && { commit }) };
}

function binaryRecipeOf(
  worker: Worker,
  release: ManifestRelease | null,
  policy: SignaturePolicy,
  { PUBLIC_URL }: Config,
): string | null {
  if (!release || !buildsSource(worker)) return null;
  const { version } = release;
  const facts = { ...worker, homepage: worker.family.homepage };
  const binaries = linuxBinaries(worker, release, policy);
  return binaryRecipe(facts, { version, pkgver: pkgverOf(version), binaries }, PUBLIC_URL);
}

const linuxBinaries = (worker: Worker, release: ManifestRelease, policy: SignaturePolicy): PublishedBinary[] =>
  worker.operatingSystems.includes("linux")
    ? worker.architectures.flatMap((one) =>
        publishedBinary({ ...worker, operatingSystems: ["linux"] }, one, release, policy),
      )
    : [];

type Installer = Pick<Worker, "id" | "source" | "build" | "operatingSystems" | "architectures">;

/**
 * The version of a release that a worker's recipe installs. Null if it cannot install the release: a recipe that
 * downloads a binary needs one for its operating system, and a recipe that builds from source needs a usable source.
 */
export function publishedVersion(
  worker: Installer,
  release: ManifestRelease,
  policy: SignaturePolicy,
): PublishedVersion | null {
  const pkgver = pkgverOf(release.version);
  if (worker.source.type === "git") {
    const source = usableSource(worker, release, policy);
    if (!source.ok) return null;
    const archive = release.source_archive && {
      path: `/v1/workers/${worker.id}/${release.version}/files/${release.source_archive.filename}`,
      sha256: release.source_archive.sha256,
    };
    return { pkgver, source: source.value && { ...source.value, archive }, binaries: [] };
  }
  const binaries = worker.architectures.flatMap((architecture) =>
    publishedBinary(worker, architecture, release, policy),
  );
  return binaries.length > 0 ? { pkgver, source: null, binaries } : null;
}

function publishedBinary(
  { operatingSystems }: Installer,
  architecture: Architecture,
  { artifacts }: ManifestRelease,
  policy: SignaturePolicy,
): PublishedBinary[] {
  const [binary] = operatingSystems.flatMap((system) => defaultBuild(artifacts, `${system}-${architecture}`) ?? []);
  if (!binary) return [];
  const { filename, sha256, signature } = binary;
  return [{ architecture, filename, sha256, signature: checkable(signature, policy) }];
}

/** The signature with its key. Null if that key is not in use any more: only clients that pinned it can check. */
export function checkable(text: string | null, { keys, bound = false }: SignaturePolicy): PublishedBinary["signature"] {
  const parsed = text === null ? null : parseMinisignSignature(text);
  if (text === null || !parsed?.ok) return null;
  const signer = keys.find(({ keyId }) => showKeyId(keyId) === showKeyId(parsed.value.keyId));
  return signer ? { text, key: encodeMinisignPublicKey(signer), bound } : null;
}
