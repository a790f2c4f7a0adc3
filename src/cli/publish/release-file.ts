import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { isPgpSignature } from "../../domain/releases/artifact/pgp-signature.ts";
import { readSignedNames, signedComment } from "../../domain/releases/artifact/signed-names.ts";
import {
  FILE_PLATFORMS,
  type FileKind,
  type FilePlatform,
  PLATFORMS,
  type Platform,
} from "../../domain/releases/manifest.ts";
import {
  contentsDigest,
  kindOfFile,
  type PackageContents,
  type PackageRules,
  platformInName,
} from "../../domain/releases/package-format.ts";
import type { Requires } from "../../domain/releases/requires/requires.ts";
import { isSourceArchive } from "../../domain/releases/source/archive.ts";
import { PACMAN_RULES } from "../../formats/arch/rules.ts";
import { encodeBase64 } from "../../lib/encoding.ts";
import { formatMinisignSignature, parseMinisignSignature } from "../../lib/minisign/minisign.ts";
import { type MinisignSecretKey, signMinisign } from "../../lib/minisign/secret-key.ts";
import { printable } from "../../lib/printable.ts";
import { CliError, EXIT } from "../errors.ts";
import { digestFile, readNamedFile, readTextIfThere } from "../files.ts";
import { startLoggedProgress } from "../output.ts";
import { readPackage } from "./package-file.ts";
import { readRequires } from "./requires-file.ts";

/** A file to publish in a release. */
export type ReleaseFile = {
  path: string;
  filename: string;
  kind: FileKind;
  platform: FilePlatform;
  size: number;
  sha256: string;
  /** The text of its `.minisig`, or null if there is none. */
  signature: string | null;
  /** Its detached OpenPGP signature in base64, or null if there is none. */
  pgpSignature: string | null;
  /** The contents of a package; null for a binary. */
  package: PackageContents | null;
  /** The needs of a binary; null: it says nothing. */
  requires?: Requires | null;
  /** Whether the file is signed later. */
  unsigned?: boolean;
};

/**
 * The platform at the end of a file name, before any extension: `worker-1.0.0-linux-x86_64.tar.zst`. A package's name
 * ends with its package manager's name of the architecture. A source archive is for any. Null if the name has none.
 */
export function platformOfFilename(filename: string): FilePlatform | null {
  if (isSourceArchive(filename)) return "any";
  const rules = rulesOf(filename);
  if (rules) {
    const name = filename.replace(rules.suffix, "");
    return Object.entries(rules.platforms).find(([arch]) => new RegExp(`[-_.]${arch}$`).test(name))?.[1] ?? null;
  }
  const named = platformInName(filename);
  return PLATFORMS.find((platform) => platform === named) ?? null;
}

/** The packages that this command reads. A publisher with another tool declares the contents itself. */
const READABLE: readonly PackageRules[] = [PACMAN_RULES];

const rulesOf = (filename: string) => READABLE.find(({ suffix }) => suffix.test(filename));

/** Parses a platform from the command line. Throws `CliError` with the list of platforms. */
export function parsePlatform(text: string): Platform {
  const platform = PLATFORMS.find((known) => known === text);
  if (platform === undefined) {
    throw new CliError(EXIT.usage, `"${text}" is not a platform. Use one of ${PLATFORMS.join(", ")}.`);
  }
  return platform;
}

/** The platform of a file in an answer of the catalog. Throws `CliError` for one that this command does not know. */
export const readPlatform = (text: string): FilePlatform =>
  FILE_PLATFORMS.find((known) => known === text) ?? parsePlatform(text);

/** The release of a file, as the command line names it. `channel` is undefined if the version decides. */
type FileRelease = { workerId: string; version: string; platform: Platform | undefined; channel?: string | undefined };

/**
 * Reads, hashes and signs a file to publish. Without `secretKey`, uses the signature in `<file>.minisig` if that
 * exists. The OpenPGP signature is in the file `pgpSignature`, else in `<file>.sig` if that exists. The needs are
 * `requires`, else those in `<file>.requires.json`. Throws `CliError` if the file does not exist, is empty, or has no
 * known platform, if the signature was made for another file, and if the needs are not valid.
 */
export async function readReleaseFile(
  path: string,
  release: FileRelease & {
    secretKey: MinisignSecretKey | null;
    pgpSignature?: string | undefined;
    /** JSON, or the path of a file with it. */
    requires?: string | undefined;
    /** Uses no signature, also if there is one. */
    unsigned?: boolean;
  },
): Promise<ReleaseFile> {
  const filename = basename(path);
  const { platform, size: length } = await describeFile(path, release);
  const requires = platform === "any" ? null : await readRequires(path, platform, release.requires);
  const progress = startLoggedProgress(`Reading ${filename}`, length);
  const { size, sha256, blake2b } = await digestFile(path, progress.update).finally(progress.finish);
  const rules = rulesOf(filename);
  const contents = rules ? await readPackage(path, rules) : null;
  const names = await namesOf(filename, platform, contents, release);
  const { secretKey, unsigned = false } = release;
  const signature = secretKey
    ? formatMinisignSignature(await signMinisign(secretKey, blake2b, signedComment(names)))
    : unsigned
      ? null
      : await readSignatureBeside(path, names);
  const pgpSignature = await pgpSignatureOf(path, release.pgpSignature);
  const facts = { path, filename, platform, size, sha256, signature, pgpSignature, requires };
  return {
    ...facts,
    kind: kindOfFile(
      READABLE.map((one) => ({ rules: one })),
      filename,
    ),
    package: contents,
    ...(unsigned && { unsigned }),
  };
}

/** Signs a file of a release that is on this disk as `path` and has this digest. Returns the text of its `.minisig`. */
export async function signReleaseFile(
  secretKey: MinisignSecretKey,
  { path, filename, blake2b }: { path: string; filename: string; blake2b: Uint8Array<ArrayBuffer> },
  release: Omit<FileRelease, "platform"> & { platform: FilePlatform },
): Promise<string> {
  const rules = rulesOf(filename);
  const contents = rules ? await readPackage(path, rules) : null;
  const names = await namesOf(filename, release.platform, contents, release);
  return formatMinisignSignature(await signMinisign(secretKey, blake2b, signedComment(names)));
}

/**
 * The trusted comment that the signature of a file needs, for `minisign -S -t`. Throws `CliError` if the file does not
 * exist, is empty, or has no known platform.
 */
export async function commentOfFile(path: string, release: FileRelease): Promise<string> {
  const filename = basename(path);
  const { platform } = await describeFile(path, release);
  const rules = rulesOf(filename);
  return signedComment(await namesOf(filename, platform, rules ? await readPackage(path, rules) : null, release));
}

async function describeFile(path: string, release: FileRelease): Promise<{ platform: FilePlatform; size: number }> {
  const filename = basename(path);
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new CliError(EXIT.usage, `There is no file ${path}.`);
  if (found.size === 0) throw new CliError(EXIT.usage, `${path} is empty.`);
  const platform = platformOfFilename(filename) === "any" ? "any" : (release.platform ?? platformOfFilename(filename));
  if (platform === null) {
    throw new CliError(
      EXIT.usage,
      `${filename} has no platform in its name. Rename it to ...-linux-x86_64, or give --platform.`,
    );
  }
  return { platform, size: found.size };
}

/** The facts that the signature of a file names, so that an old signed file cannot pass as a new one. */
const namesOf = async (
  file: string,
  platform: FilePlatform,
  contents: PackageContents | null,
  { workerId: worker, version, channel }: Omit<FileRelease, "platform">,
) => ({ file, worker, version, platform, channel, contents: contents && (await contentsDigest(contents)) });

/**
 * The text of `<file>.minisig`, null if there is none. Throws `CliError` if its trusted comment names other facts, so
 * that no upload ends with a refusal.
 */
async function readSignatureBeside(path: string, names: Awaited<ReturnType<typeof namesOf>>): Promise<string | null> {
  const text = await readTextIfThere(`${path}.minisig`);
  if (text === null) return null;
  const signature = parseMinisignSignature(text);
  const read = signature.ok ? readSignedNames(signature.value.trustedComment, names) : signature;
  if (read.ok) return text;
  const again = `minisign -S -m ${basename(path)} -t "$(rbee-catalog release comment ...)"`;
  throw new CliError(EXIT.usage, printable(`${path}.minisig cannot be used. ${read.error} Sign again: ${again}`));
}

async function pgpSignatureOf(path: string, named: string | undefined): Promise<string | null> {
  const file = named ?? `${path}.sig`;
  return named === undefined && !existsSync(file) ? null : readPgpSignature(file);
}

/**
 * Reads a detached OpenPGP signature and returns it in base64. Throws `CliError` if the file cannot be read or holds
 * anything else, such as an armored signature, which pacman does not accept.
 */
export async function readPgpSignature(path: string): Promise<string> {
  const base64 = encodeBase64(await readNamedFile(path));
  if (isPgpSignature(base64)) return base64;
  throw new CliError(
    EXIT.usage,
    `${path} is not a binary OpenPGP signature. Make one with gpg --detach-sign, without --armor.`,
  );
}
