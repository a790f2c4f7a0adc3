import type { FramedFacts } from "../../../domain/releases/framing/framing.ts";
import { DIRECTORY, filesOf, type PackagedFile } from "./contents.ts";
import { LARGE_FILE } from "./cpio.ts";
import { type Dependency, dependenciesOf, rpmFeaturesOf } from "./dependencies.ts";
import { encodeHeader, type HeaderEntry, i18nString, int16, int32, int64, string, strings } from "./header.ts";
import { archOf, fullVersion, RELEASE, rpmVersion } from "./names.ts";
import { SHA256_ALGORITHM, TAG } from "./tags.ts";

/** The same for every package, so that equal contents give equal bytes. */
export const VENDOR = "rbee";
export const BUILD_HOST = "rbee";
export const GROUP = "Unspecified";

/** The bytes that a package takes when it is installed. */
export const installedSize = (files: readonly PackagedFile[]): number => files.reduce((sum, { size }) => sum + size, 0);

/** The name of the source package, which does not exist. */
export const sourceOf = ({ worker, version }: Pick<FramedFacts, "worker" | "version">): string =>
  `${worker.id}-${fullVersion(version)}.src.rpm`;

/** One sentence for `rpm -qi`. */
export const descriptionOf = ({ worker }: Pick<FramedFacts, "worker">): string => `${worker.summary}.`;

/**
 * The main header of a package whose payload has this SHA-256 in hexadecimal. There is no digest of the uncompressed
 * payload (PAYLOADDIGESTALT): it matters only to a package whose payload was compressed anew.
 */
export function mainHeader(facts: FramedFacts, payloadSha256: string): Uint8Array<ArrayBuffer> {
  const { worker, version, platform, binary, madeAt } = facts;
  const files = filesOf(facts);
  const size = installedSize(files);
  return encodeHeader(TAG.HEADERIMMUTABLE, [
    [TAG.HEADERI18NTABLE, strings(["C"])],
    [TAG.NAME, string(worker.id)],
    [TAG.VERSION, string(rpmVersion(version))],
    [TAG.RELEASE, string(RELEASE)],
    [TAG.SUMMARY, i18nString(worker.summary)],
    [TAG.DESCRIPTION, i18nString(descriptionOf(facts))],
    [TAG.BUILDTIME, int32([madeAt])],
    [TAG.BUILDHOST, string(BUILD_HOST)],
    size < LARGE_FILE ? [TAG.SIZE, int32([size])] : [TAG.LONGSIZE, int64([size])],
    [TAG.VENDOR, string(VENDOR)],
    [TAG.LICENSE, string(worker.license)],
    [TAG.GROUP, i18nString(GROUP)],
    [TAG.URL, string(worker.homepage)],
    [TAG.OS, string("linux")],
    [TAG.ARCH, string(archOf(platform))],
    // Without it, rpm takes a package for one of sources.
    [TAG.SOURCERPM, string(sourceOf(facts))],
    [TAG.PAYLOADFORMAT, string("cpio")],
    // Without it, rpm and its relatives read a payload that is not compressed, as rpmbuild's `w.ufdio` writes it.
    ...(binary.encoding === "zstd" ? [[TAG.PAYLOADCOMPRESSOR, string("zstd")] as const] : []),
    [TAG.ENCODING, string("utf-8")],
    [TAG.PAYLOADDIGEST, strings([payloadSha256])],
    [TAG.PAYLOADDIGESTALGO, int32([SHA256_ALGORITHM])],
    ...fileEntries(files),
    ...dependencyEntries(facts),
  ]);
}

function fileEntries(files: readonly PackagedFile[]): HeaderEntry[] {
  const folders = [...new Set(files.map(folderOf))];
  const each = <Value>(value: Value): Value[] => files.map(() => value);
  const sizes = files.map(({ size }) => size);
  const isLarge = sizes.some((size) => size >= LARGE_FILE);
  return [
    isLarge ? [TAG.LONGFILESIZES, int64(sizes)] : [TAG.FILESIZES, int32(sizes)],
    [TAG.FILEMODES, int16(files.map(({ mode }) => mode))],
    [TAG.FILERDEVS, int16(each(0))],
    [TAG.FILEMTIMES, int32(files.map(({ mtime }) => mtime))],
    [TAG.FILEDIGESTS, strings(files.map(({ sha256 }) => sha256))],
    [TAG.FILELINKTOS, strings(each(""))],
    [TAG.FILEFLAGS, int32(files.map(({ flags }) => flags))],
    [TAG.FILEUSERNAME, strings(each("root"))],
    [TAG.FILEGROUPNAME, strings(each("root"))],
    [TAG.FILEVERIFYFLAGS, int32(each(0xffff_ffff))],
    [TAG.FILEDEVICES, int32(each(1))],
    [TAG.FILEINODES, int32(files.map((_, index) => index + 1))],
    [TAG.FILELANGS, strings(each(""))],
    [TAG.DIRINDEXES, int32(files.map((file) => folders.indexOf(folderOf(file))))],
    [TAG.BASENAMES, strings(files.map(({ path }) => path.slice(path.lastIndexOf("/") + 1)))],
    [TAG.DIRNAMES, strings(folders)],
    [TAG.FILEDIGESTALGO, int32([SHA256_ALGORITHM])],
  ];
}

const folderOf = ({ path }: PackagedFile): string => path.slice(0, path.lastIndexOf("/") + 1);

/** Whether a file is a directory. */
export const isDirectory = ({ mode }: PackagedFile): boolean => mode === DIRECTORY;

/** The bits of dependencies (rpm 4.18, include/rpm/rpmds.h). */
const SENSE = { LE: 2 | 8, GE: 4 | 8, EQ: 8 } as const;
const RPMLIB = 1 << 24;

function dependencyEntries(facts: FramedFacts): HeaderEntry[] {
  const { provides, requires, recommends } = dependenciesOf(facts);
  const features = rpmFeaturesOf(facts);
  const names = (all: readonly Dependency[]) => strings(all.map(({ name }) => name));
  const versions = (all: readonly Dependency[]) => strings(all.map(({ version = "" }) => version));
  const flags = (all: readonly Dependency[], more = 0) => all.map(({ flag }) => (flag ? SENSE[flag] | more : 0));
  return [
    [TAG.PROVIDENAME, names(provides)],
    [TAG.PROVIDEVERSION, versions(provides)],
    [TAG.PROVIDEFLAGS, int32(flags(provides))],
    [TAG.REQUIRENAME, names([...requires, ...features])],
    [TAG.REQUIREVERSION, versions([...requires, ...features])],
    [TAG.REQUIREFLAGS, int32([...flags(requires), ...flags(features, RPMLIB)])],
    // A tag without data would break the header.
    ...(recommends.length === 0
      ? []
      : ([
          [TAG.RECOMMENDNAME, names(recommends)],
          [TAG.RECOMMENDVERSION, versions(recommends)],
          [TAG.RECOMMENDFLAGS, int32(flags(recommends))],
        ] as const)),
  ];
}
