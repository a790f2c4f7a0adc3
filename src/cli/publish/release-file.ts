import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { PLATFORMS, type Platform } from "../../releases/manifest.ts";
import { formatMinisignSignature } from "../../releases/minisign.ts";
import { type MinisignSecretKey, signMinisign } from "../../releases/minisign-secret-key.ts";
import { formatTrustedComment } from "../../releases/trusted-comment.ts";
import { CliError, EXIT } from "../exit-code.ts";
import { digestFile } from "../file-digest.ts";
import { startProgress } from "../progress.ts";
import { readTextIfThere } from "../text-file.ts";

/** A file on its way into a release. */
export type ReleaseFile = {
  path: string;
  filename: string;
  platform: Platform;
  size: number;
  sha256: string;
  /** The text of its `.minisig`, or null where there is none. */
  signature: string | null;
};

/** The platform that a file name ends with, before any extension: `worker-1.0.0-linux-x86_64.tar.zst`. Null if none. */
export function platformOfFilename(filename: string): Platform | null {
  const named = /-(linux|macos|windows)-(x86_64|aarch64)(\.[^-]*)?$/.exec(filename);
  return PLATFORMS.find((platform) => platform === `${named?.[1]}-${named?.[2]}`) ?? null;
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
 * `<file>.minisig` beside it is taken, if there is one. Throws when there is no such file or its platform is not known.
 */
export async function readReleaseFile(
  path: string,
  release: { workerId: string; version: string; platform: Platform | undefined; secretKey: MinisignSecretKey | null },
): Promise<ReleaseFile> {
  const filename = basename(path);
  const platform = release.platform ?? platformOfFilename(filename);
  if (platform === null) {
    throw new CliError(EXIT.usage, `What platform is ${filename} for? Name it ...-linux-x86_64, or give --platform.`);
  }
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new CliError(EXIT.usage, `There is no file ${path}.`);
  if (found.size === 0) throw new CliError(EXIT.usage, `${path} is empty.`);
  const progress = startProgress(`Reading ${filename}`, found.size);
  const { size, sha256, blake2b } = await digestFile(path, progress.update).finally(progress.finish);
  const signature = release.secretKey
    ? formatMinisignSignature(
        await signMinisign(release.secretKey, blake2b, trustedComment(release.workerId, release.version, filename)),
      )
    : await readTextIfThere(`${path}.minisig`);
  return { path, filename, platform, size, sha256, signature };
}
