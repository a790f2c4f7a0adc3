import type * as z from "zod";
import type { FramedFacts, FramingMaker, Segment } from "../../domain/releases/framing/framing.ts";
import type { Requires } from "../../domain/releases/requires/requires.ts";
import { pkgverOf } from "../../domain/workers/recipe-rendering.ts";
import { concat, encodeBase64, encodeUtf8 } from "../../lib/encoding.ts";
import { tarEnd, tarHeader, tarPadding } from "../../lib/tar.ts";
import type { framedIndex } from "./framed-index.ts";
import { archOf } from "./platforms.ts";

/**
 * Makes pacman packages around stored binaries: a tar that is not compressed, or one zstd frame if the binary is stored
 * so. libarchive, and so pacman, tells them apart by their bytes. `.PKGINFO` comes first, as makepkg puts it. There is
 * no `.MTREE`, because `pacman -Qkk` of pacman 6.0 then demands MD5 sums, which nothing else needs. `librariesOf` has
 * the packages that the recipe of a worker for Arch depends on.
 */
export const pkgMaker = (librariesOf: LibrariesOf): FramingMaker => ({
  filename: ({ worker, version, platform }) =>
    `${worker.id}-${fullVersion(version)}-${architectureOf(platform)}.pkg.tar`,
  rounds: [async (facts) => packageOf(facts, pkginfoOf(facts, librariesOf))],
  async index(facts, signer, [sums]) {
    if (!sums) throw new RangeError("a package has one round");
    return {
      pkginfo: pkginfoOf(facts, librariesOf),
      files: [
        ...foldersOf(facts.worker.id).map((name) => `${name}/`),
        ...filesOf(facts).map(({ name }) => name),
      ].sort(),
      signature: encodeBase64(await signer.signHashed(sums.sha256With, facts.madeAt)),
    } satisfies z.input<ReturnType<typeof framedIndex>>;
  },
});

type LibrariesOf = (workerId: string) => readonly string[];

const fullVersion = (version: string): string => `${pkgverOf(version)}-1`;

function architectureOf(platform: FramedFacts["platform"]): string {
  const architecture = archOf(platform);
  if (architecture === null) throw new RangeError(`pacman does not run on ${platform}`);
  return architecture;
}

/** The pieces of a package. */
function packageOf(facts: FramedFacts, pkginfo: string): readonly Segment[] {
  const { madeAt: mtime } = facts;
  const { id } = facts.worker;
  const program = filesOf(facts).at(-1);
  if (!program) throw new RangeError("a package has a program");
  const header = (file: PackagedFile) =>
    tarHeader({ kind: "file", name: file.name, mode: file.mode, mtime, size: file.size });
  const member = (name: string, text: string) => {
    const bytes = encodeUtf8(text);
    return concat(header({ name, mode: 0o644, size: bytes.length }), bytes, tarPadding(bytes.length));
  };
  const head = concat(
    member(".PKGINFO", pkginfo),
    ...foldersOf(id).map((name) => tarHeader({ kind: "folder", name, mode: 0o755, mtime })),
    ...Object.entries(facts.documents).map(([name, text]) => member(documentPath(id, name), text)),
    header(program),
  );
  return facts.binary.enclose(head, concat(tarPadding(program.size), tarEnd()));
}

/** The folders of a package, each after the one that it is in. */
const foldersOf = (id: string): string[] => [
  ...["usr", "usr/bin", "usr/share", "usr/share/doc"],
  `usr/share/doc/${id}`,
];

type PackagedFile = { name: string; mode: number; size: number };

const documentPath = (id: string, name: string): string => `usr/share/doc/${id}/${name}`;

/** The files that a package installs: its documents, then the program. */
const filesOf = ({ worker: { id }, documents, binary }: FramedFacts): PackagedFile[] => [
  ...Object.entries(documents).map(([name, text]) => ({
    name: documentPath(id, name),
    mode: 0o644,
    size: encodeUtf8(text).length,
  })),
  { name: `usr/bin/${id}`, mode: 0o755, size: binary.content.size },
];

/** The text of `.PKGINFO` (makepkg 6, write_pkginfo). */
function pkginfoOf(facts: FramedFacts, librariesOf: LibrariesOf): string {
  const { worker, version, platform, madeAt } = facts;
  const lines: [key: string, value: string | number][] = [
    ["pkgname", worker.id],
    ["pkgbase", worker.id],
    ["xdata", "pkgtype=pkg"],
    ["pkgver", fullVersion(version)],
    ["pkgdesc", worker.summary],
    ["url", worker.homepage],
    ["builddate", madeAt],
    ["packager", "rbee worker catalog"],
    ["size", filesOf(facts).reduce((sum, { size }) => sum + size, 0)],
    ["arch", architectureOf(platform)],
    ["license", worker.license],
    ...dependsOf(librariesOf(worker.id), facts.requires).map((name): [string, string] => ["depend", name]),
  ];
  return lines.map(([key, value]) => `${key} = ${value}\n`).join("");
}

/**
 * The packages that a program needs: those of the worker's recipe for Arch, and the C library in the version that the
 * build names. A build for musl is one file with everything in it, so it needs no library of a compiler.
 */
function dependsOf(named: readonly string[], requires: Requires | null): readonly string[] {
  const { name, version } = requires?.libc ?? {};
  if (name === "musl") return named.filter((one) => one !== "gcc-libs" && one !== "openssl");
  return name === "glibc" && version !== undefined ? [`glibc>=${version}`, ...named] : named;
}
