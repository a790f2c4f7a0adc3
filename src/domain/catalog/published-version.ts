import {
  encodeMinisignPublicKey,
  type MinisignPublicKey,
  parseMinisignSignature,
  showKeyId,
} from "../../lib/minisign/minisign.ts";
import type { ManifestRelease } from "../releases/manifest.ts";
import { pkgverOf } from "../workers/pkgver.ts";
import type { Architecture } from "../workers/recipe.ts";
import type { PublishedBinary, PublishedVersion } from "../workers/recipe-rendering.ts";
import type { Worker } from "../workers/workers.ts";

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
