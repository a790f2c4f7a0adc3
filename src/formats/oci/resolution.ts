import { deliveryProblem } from "../../domain/delivery/refusal.ts";
import type { Channel } from "../../domain/releases/manifest.ts";
import { channelIncludes } from "../../domain/releases/version.ts";
import { Problem } from "../../platform/http/problem.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { authorizeVersion, isOfVersion, offeredVersions, type Visitor } from "./access.ts";
import { imageManifest, type Manifest, referrersOf, versionIndex } from "./manifest.ts";
import { parseReference, repositoryOf } from "./names.ts";
import type { Image, Repository, VersionImages } from "./repository.ts";

/** A manifest of a repository, the version that it belongs to, and the images that it is about. */
export type Located = { manifest: Manifest; version: VersionImages; images: readonly Image[] };

/**
 * The manifest of a tag or digest that a visitor may have. A tag names the index of a version; `latest` and a channel
 * name the newest version that the visitor may have. Throws the problem of a refusal, and VERSION_NOT_FOUND.
 */
export async function resolveReference(
  c: RequestScope,
  repository: Repository,
  text: string,
  visitor: Visitor,
): Promise<Located> {
  const reference = parseReference(text);
  if (reference.kind === "digest") return resolveDigest(c, repository, reference.hex, visitor);
  const { channel } = reference.kind === "channel" ? reference : { channel: null };
  if (channel !== null) {
    const offered = await offeredVersions(c, repository, visitor);
    const newest = offered.find(({ release }) => channelIncludes(channel, release.channel));
    if (newest) return indexOf(newest);
    throw unknownChannel(c, repository, channel);
  }
  const version = repository.versions.find(({ release }) => release.version === text);
  if (!version) {
    const detail = `${repositoryOf(repository.worker)} has no image with the tag ${text}.`;
    throw new Problem({ code: "VERSION_NOT_FOUND", detail });
  }
  await authorizeVersion(c, repository, version, visitor);
  return indexOf(version);
}

const indexOf = (version: VersionImages): Located => ({
  manifest: versionIndex(version),
  version,
  images: version.images,
});

/** The problem of a channel's tag: the license covers no version for its followers, or there is none. */
function unknownChannel(c: RequestScope, { worker, versions }: Repository, channel: Channel): Problem {
  const newest = versions.find(
    ({ release }) => release.status === "published" && channelIncludes(channel, release.channel),
  );
  return deliveryProblem(
    newest
      ? { code: "VERSION_NOT_COVERED", version: newest.release.version, covered: null }
      : { code: "VERSION_NOT_FOUND", worker: worker.id, channel },
    c.var.config,
  );
}

/** The manifests of versions. Each isolate makes those of a record once, because anyone may ask for any digest. */
const located = new WeakMap<VersionImages, readonly Located[]>();

/** All manifests of a version: its index, its images', and the referrers of these. */
function manifestsOf(version: VersionImages): readonly Located[] {
  const known = located.get(version);
  if (known) return known;
  const subjects = [
    indexOf(version),
    ...version.images.map((image) => ({ manifest: imageManifest(image), version, images: [image] })),
  ];
  const referrers = subjects.flatMap(({ manifest: subject, images }) =>
    referrersOf(version, images, subject).map((manifest) => ({ manifest, version, images })),
  );
  const all = [...subjects, ...referrers];
  located.set(version, all);
  return all;
}

/** All manifests of a repository with this digest: an image's, a version's index, or a referrer of one of these. */
const withDigest = ({ versions }: Repository, hex: string): Located[] =>
  versions.flatMap((version) => manifestsOf(version).filter(({ manifest }) => manifest.hex === hex));

/** The manifest with a digest, if the visitor may have a version that it belongs to. Throws as `resolveReference`. */
const resolveDigest = (c: RequestScope, repository: Repository, hex: string, visitor: Visitor): Promise<Located> =>
  firstAllowed(c, repository, withDigest(repository, hex), visitor, "The repository has no such manifest.");

/**
 * The first of several things of a repository whose version the visitor may have. A thing is never opened by its digest
 * alone. Throws the problem of a refused license at once, because each further decision may read the ledger. Throws
 * that of the first refused version, and ARTIFACT_NOT_FOUND with the sentence `otherwise` for none.
 */
export async function firstAllowed<Thing extends { version: VersionImages }>(
  c: RequestScope,
  repository: Repository,
  things: Iterable<Thing>,
  visitor: Visitor,
  otherwise: string,
): Promise<Thing> {
  let refusal: unknown = null;
  for (const thing of things) {
    try {
      await authorizeVersion(c, repository, thing.version, visitor);
      return thing;
    } catch (error) {
      if (!isOfVersion(error)) throw error;
      refusal ??= error;
    }
  }
  throw refusal ?? new Problem({ code: "ARTIFACT_NOT_FOUND", detail: otherwise });
}
