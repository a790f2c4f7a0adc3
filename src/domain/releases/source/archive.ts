import type { FilePlatform } from "../manifest.ts";

/**
 * The end of a source archive's name. A gzipped tar: makepkg, a hive and Homebrew unpack it without another program.
 */
const SUFFIX = "-source.tar.gz";

/** The folder in a source archive that holds everything else. */
export const ARCHIVE_FOLDER = "rbee";

/** The name of the source archive of a release, which has at most one. */
export const sourceArchiveName = (workerId: string, version: string): string => `${workerId}-${version}${SUFFIX}`;

/** Whether a file is a source archive, by its name. */
export const isSourceArchive = (filename: string): boolean => filename.endsWith(SUFFIX);

/**
 * The fault of a declared file as a source archive: its name, platform, or a worker that is not built from source.
 * Null: it has none, or is another file. The bytes are not read.
 */
export function faultOfSourceArchive(
  { worker_id, version }: { worker_id: string; version: string },
  isBuilt: boolean,
  { filename, platform }: { filename: string; platform: FilePlatform },
): { path: string; message: string } | null {
  if (!isSourceArchive(filename)) {
    return platform === "any" ? { path: "platform", message: "Only a source archive is for any platform." } : null;
  }
  const name = sourceArchiveName(worker_id, version);
  if (!isBuilt) return { path: "filename", message: `${worker_id} is not built from source, so it has no archive.` };
  if (filename !== name) return { path: "filename", message: `The source archive of this release is named ${name}.` };
  return platform === "any" ? null : { path: "platform", message: "A source archive is for any platform." };
}
