import { access, readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { type ArtifactKind, kindOfFilename } from "../../domain/releases/artifact-kind.ts";
import { PLATFORMS, type Platform } from "../../domain/releases/manifest.ts";
import type { PackageContents } from "../../domain/releases/package-check.ts";
import { isPgpSignature } from "../../domain/releases/pgp-signature.ts";
import { encodeBase64 } from "../../lib/encoding.ts";
import { formatMinisignSignature } from "../../lib/minisign/minisign.ts";
import { type MinisignSecretKey, signMinisign } from "../../lib/minisign/secret-key.ts";
import { formatTrustedComment } from "../../lib/minisign/text.ts";
import { CliError, EXIT } from "../errors.ts";
import { digestFile, readTextIfThere } from "../files.ts";
import { startProgress } from "../output.ts";
import { readPackage } from "./package-file.ts";

/** A file on its way into a release. */
export type ReleaseFile = {
  path: string;
  filename: string;
  kind: ArtifactKind;
  platform: Platform;
  size: number;
  sha256: string;
  /** The text of its `.minisig`, or null where there is none. */
  signature: string | null;
  /** Its detached OpenPGP signature in base64, or null where there is none. */
  pgpSignature: string | null;
  /** What is in it, if it is a package. */
  package: PackageContents | null;
};

/**
 * The platform that a file name ends with, before any extension: `worker-1.0.0-linux-x86_64.tar.zst`. A package's ends with the
 * architecture alone, which is one of Linux. Null if none.
 */
export function platformOfFilename(filename: string): Platform | null {
  const [, system, arch] = /-(?:(linux|macos|windows)-)?(x86_64|aarch64)(?:\.[^-]*)?$/.exec(filename) ?? [];
  const named = system ?? (kindOfFilename(filename) === "package" ? "linux" : undefined);
  return PLATFORMS.find((platform) => platform === `${named}-${arch}`) ?? null;
}

/** Checks a platform that a person gave. Throws with the list of those there are. */
export function parsePlatform(text: string): Platform {
  const platform = PLATFORMS.find((known) => known === text);
  if (platform === undefined) {
    throw new CliError(EXIT.usage, `"${text}" is not a platform. There are ${PLATFORMS.join(", ")}.`);
  }
  return platform;
}

/**
 * What the signature's trusted comment says: which file of which release it was made for, so that nobody can pass off an
 * old signed binary as a new one. Without a time, so that signing again gives the same text and a broken upload resumes.
 */
export const trustedComment = (workerId: string, version: string, filename: string): string =>
  formatTrustedComment({ file: filename, worker: workerId, version });

/**
 * Reads, hashes and signs a file to be published. The signature is made with `secretKey`; without one, the text of
 * `<file>.minisig` beside it is taken, if there is one. The OpenPGP signature is the one in `pgpSignature`, or `<file>.sig` beside
 * it, if there is one. Throws when there is no such file or its platform is not known.
 */
export async function readReleaseFile(
  path: string,
  release: {
    workerId: string;
    version: string;
    platform: Platform | undefined;
    secretKey: MinisignSecretKey | null;
    pgpSignature?: string | undefined;
  },
): Promise<ReleaseFile> {
  const filename = basename(path);
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new CliError(EXIT.usage, `There is no file ${path}.`);
  if (found.size === 0) throw new CliError(EXIT.usage, `${path} is empty.`);
  const platform = release.platform ?? platformOfFilename(filename);
  if (platform === null) {
    throw new CliError(EXIT.usage, `What platform is ${filename} for? Name it ...-linux-x86_64, or give --platform.`);
  }
  const progress = startProgress(`Reading ${filename}`, found.size);
  const { size, sha256, blake2b } = await digestFile(path, progress.update).finally(progress.finish);
  const signature = release.secretKey
    ? formatMinisignSignature(
        await signMinisign(release.secretKey, blake2b, trustedComment(release.workerId, release.version, filename)),
      )
    : await readTextIfThere(`${path}.minisig`);
  const kind = kindOfFilename(filename);
  return {
    path,
    filename,
    kind,
    platform,
    size,
    sha256,
    signature,
    pgpSignature: await pgpSignatureOf(path, release.pgpSignature),
    package: kind === "package" ? await readPackage(path) : null,
  };
}

async function pgpSignatureOf(path: string, named: string | undefined): Promise<string | null> {
  if (named !== undefined) return readPgpSignature(named);
  const beside = `${path}.sig`;
  const isThere = await access(beside).then(
    () => true,
    () => false,
  );
  return isThere ? readPgpSignature(beside) : null;
}

/**
 * The detached OpenPGP signature in a file, in base64. Throws `CliError` when there is no such file or it holds anything else, as an
 * armored signature, which pacman does not read.
 */
export async function readPgpSignature(path: string): Promise<string> {
  const bytes = await readFile(path).catch(() => {
    throw new CliError(EXIT.usage, `${path} cannot be read.`);
  });
  const base64 = encodeBase64(bytes);
  if (isPgpSignature(base64)) return base64;
  throw new CliError(
    EXIT.usage,
    `${path} is no binary OpenPGP signature: make it with gpg --detach-sign, without --armor.`,
  );
}
