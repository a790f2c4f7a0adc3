import { env } from "cloudflare:workers";
import { blake2b } from "@noble/hashes/blake2.js";
import { createRelease, moveRelease } from "../../src/domain/releases/act.ts";
import { completeArtifact } from "../../src/domain/releases/artifact/completion.ts";
import { partCount } from "../../src/domain/releases/artifact/plan.ts";
import { signedComment } from "../../src/domain/releases/artifact/signed-names.ts";
import { type DeclaredFile, declareArtifact, uploadPart } from "../../src/domain/releases/artifact/upload.ts";
import type { Framer } from "../../src/domain/releases/framing/framer.ts";
import type { Channel, FilePlatform } from "../../src/domain/releases/manifest.ts";
import { contentsDigest } from "../../src/domain/releases/package-format.ts";
import type { Requires } from "../../src/domain/releases/requires/requires.ts";
import type { SourceColumns } from "../../src/domain/releases/source/decision.ts";
import { type Artifact, type Release, readRelease } from "../../src/domain/releases/store.ts";
import { defaultChannel } from "../../src/domain/releases/version.ts";
import type { PacmanContents } from "../../src/formats/arch/pacman.ts";
import { pacman } from "../../src/formats/arch/pacman.ts";
import { encodeHex } from "../../src/lib/encoding.ts";
import { formatMinisignSignature } from "../../src/lib/minisign/minisign.ts";
import { type MinisignSecretKey, signMinisign } from "../../src/lib/minisign/secret-key.ts";
import { currentTime } from "../../src/lib/time.ts";
import type { Actor, ActorName } from "../../src/platform/storage/ledger.ts";
import { settleInJob } from "../../src/platform/storage/settle.ts";
import { publishers } from "../../src/service.ts";

export type TestFile = {
  bytes: Uint8Array<ArrayBuffer>;
  platform?: FilePlatform;
  filename?: string;
  /** Signs the file. Without it the file is unsigned. */
  secretKey?: MinisignSecretKey;
  pgpSignature?: string | null;
  /** The contents of a package. */
  contents?: PacmanContents | null;
  /** The needs of a build. */
  requires?: Requires | null;
  /** Makes the packages of a binary. Without it, it has none. */
  framer?: Framer;
};

/** The publisher of tests. */
export const publisher = (): Actor => ({ actor: "token:adm_test", requestId: null, now: currentTime() });

/** Returns random bytes, more than one call of the random source gives. */
export function randomBytes(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

export const sha256Hex = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

/**
 * A publisher's declaration of a file. The signature of a `secretKey` names `release` as `release publish` does, or
 * only the file, as minisign does by itself.
 */
export async function declarationOf(
  { bytes, platform = "linux-x86_64", filename = `worker-${platform}`, ...file }: TestFile,
  release?: Pick<Release, "worker_id" | "version">,
): Promise<DeclaredFile & { package: PacmanContents | null }> {
  const { secretKey, pgpSignature = null, contents = null, requires = null } = file;
  const comment = release
    ? signedComment({
        file: filename,
        worker: release.worker_id,
        version: release.version,
        platform,
        contents: contents && (await contentsDigest(contents)),
      })
    : `file:${filename}`;
  const signature = secretKey && (await signMinisign(secretKey, new Uint8Array(blake2b(bytes)), comment));
  return {
    platform,
    filename,
    size: bytes.length,
    sha256: await sha256Hex(bytes),
    signature: signature ? formatMinisignSignature(signature) : null,
    pgp_signature: pgpSignature,
    package: contents,
    requires,
  };
}

/** The bytes of a part and its declared length, as in a request. */
export type TestPart = { body: ReadableStream<Uint8Array> | null; length: number | null };

/** Part `n` of a file, sent without its length. */
export const partOf = ({ part_size }: Artifact, bytes: Uint8Array<ArrayBuffer>, n: number): TestPart => ({
  body: new Blob([bytes.subarray((n - 1) * part_size, n * part_size)]).stream(),
  length: null,
});

/** Sends every part, all at once. */
export async function uploadAll(artifact: Artifact, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const parts = Array.from({ length: partCount(artifact) }, (_, index) => index + 1);
  await Promise.all(parts.map((n) => uploadPart(env, publisher(), artifact, n, partOf(artifact, bytes, n))));
}

/** Adds a file to a draft, with all its bytes, checked. */
export async function addFile(releaseId: string, file: TestFile): Promise<Artifact> {
  const declared = await declarationOf(file, await readRelease(env.DB, releaseId));
  const { artifact } = await declareArtifact(env, publisher(), releaseId, declared, [pacman]);
  await uploadAll(artifact, file.bytes);
  const policy = { required: false, keys: file.secretKey ? [file.secretKey] : [] };
  const signatures = { signature: null, policy, ...(file.framer && { framer: file.framer }) };
  return (await completeArtifact(env, publisher(), { releaseId, id: artifact.id }, signatures)).artifact;
}

/** Publishes a release of one file, or of `files`, as a publisher would: it is in D1, R2 and KV afterwards. */
export async function publishRelease({
  worker_id,
  version,
  channel = defaultChannel(version),
  notes = null,
  source = {},
  files,
  actor = "token:adm_test",
  ...file
}: {
  /** The publisher. */
  actor?: ActorName;
  worker_id: string;
  version: string;
  channel?: Channel;
  notes?: string | null;
  source?: Partial<SourceColumns>;
  files?: TestFile[];
} & Partial<TestFile>): Promise<Release> {
  const draft = await createRelease(env.DB, publisher(), { worker_id, version, channel, notes, ...source });
  for (const one of files ?? [{ bytes: randomBytes(100), ...file }]) await addFile(draft.id, one);
  const { row, changes } = await moveRelease(env.DB, { ...publisher(), actor }, draft.id, "publish", null);
  await settleInJob(env, publishers, changes);
  return row;
}
