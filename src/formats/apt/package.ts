import type { FramedFacts, FramingMaker, Segment } from "../../domain/releases/framing/framing.ts";
import { concat, encodeUtf8 } from "../../lib/encoding.ts";
import { tarEnd, tarHeader, tarPadding } from "../../lib/tar.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { arHeader, arMagic, arPadding } from "./ar.ts";
import { controlOf } from "./control.ts";
import { type DebianArchitecture, debianArchitecture, debianVersion } from "./version.ts";

/** The facts of a package that an index repeats: its control file. */
export type DebIndex = { control: string };

/**
 * Makes Debian packages (deb(5), format 2.0) around stored binaries: an `ar` archive of `debian-binary`, `control.tar`
 * and `data.tar`. Both tars are not compressed, which dpkg takes since 1.17.6; `data.tar` is `data.tar.zst` if the
 * binary is stored so, which Debian's dpkg takes since 1.21.18 and Ubuntu's since 18.04. The members of the tars come
 * in the order that dpkg-deb gives them: a folder before its files.
 */
export const debMaker: FramingMaker = {
  filename: ({ worker, version, platform }) => `${worker.id}_${debianVersion(version)}_${architectureOf(platform)}.deb`,
  rounds: [async (facts) => debOf(facts)],
  index: async (facts): Promise<DebIndex> => ({ control: controlText(facts) }),
};

/** Debian's name of a platform's architecture. Throws a RangeError for a platform that the framing does not serve. */
function architectureOf(platform: FramedFacts["platform"]): DebianArchitecture {
  const architecture = debianArchitecture(platform);
  if (architecture === null) throw new RangeError(`${platform} is no platform of Debian`);
  return architecture;
}

/** The pieces of a package. */
function debOf(facts: FramedFacts): Segment[] {
  const { binary, madeAt } = facts;
  const control = controlArchive(controlText(facts), madeAt);
  const data = binary.enclose(...dataAround(facts));
  const dataSize = data.reduce((sum, piece) => sum + piece.length, 0);
  const dataName = binary.encoding === "zstd" ? "data.tar.zst" : "data.tar";
  return [
    concat(
      arMagic(),
      arHeader({ name: "debian-binary", size: FORMAT_VERSION.length, mtime: madeAt }),
      FORMAT_VERSION,
      arHeader({ name: "control.tar", size: control.length, mtime: madeAt }),
      control,
      arPadding(control.length),
      arHeader({ name: dataName, size: dataSize, mtime: madeAt }),
    ),
    ...data,
    ...(dataSize % 2 === 0 ? [] : [arPadding(dataSize)]),
  ];
}

const FORMAT_VERSION = encodeUtf8("2.0\n");

/** The text of the control file. Its installed size counts a KiB for each begun one, and one for each folder. */
function controlText(facts: FramedFacts): string {
  const sizes = [facts.binary.content.size, ...documentsOf(facts).map(([, bytes]) => bytes.length)];
  const kib = sizes.reduce((sum, size) => sum + Math.ceil(size / 1024), foldersOf(facts.worker.id).length);
  return controlOf(facts, architectureOf(facts.platform), kib);
}

/** `control.tar`: the control file alone, because no script of a maintainer runs. */
const controlArchive = (control: string, mtime: UnixSeconds): Uint8Array<ArrayBuffer> =>
  concat(folder(".", mtime), file("./control", encodeUtf8(control), mtime), tarEnd());

/** The parts of `data.tar` before and after the program. */
function dataAround(facts: FramedFacts): [head: Uint8Array<ArrayBuffer>, tail: Uint8Array<ArrayBuffer>] {
  const { worker, binary, madeAt } = facts;
  const { size } = binary.content;
  const head = concat(
    ...foldersOf(worker.id).map((name) => folder(name, madeAt)),
    ...documentsOf(facts).map(([name, bytes]) => file(`./usr/share/doc/${worker.id}/${name}`, bytes, madeAt)),
    tarHeader({ kind: "file", name: `./usr/bin/${worker.id}`, mode: 0o755, mtime: madeAt, size }),
  );
  return [head, concat(tarPadding(size), tarEnd())];
}

/** The folders of a package, each after the one that it is in. */
const foldersOf = (id: string): string[] => [
  ...[".", "./usr", "./usr/bin", "./usr/share", "./usr/share/doc"],
  `./usr/share/doc/${id}`,
];

/**
 * The documents by name. The license's text is in `copyright`, which each package must have, and not a second time
 * beside it (Debian policy 12.5).
 */
function documentsOf(facts: FramedFacts): [name: string, bytes: Uint8Array<ArrayBuffer>][] {
  const { LICENSE: license = "", ...others } = facts.documents;
  return Object.entries({ ...others, copyright: copyrightOf(facts, license) })
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => [name, encodeUtf8(text)]);
}

/** Where the program comes from, and its license. */
const copyrightOf = ({ worker, version }: FramedFacts, license: string): string =>
  `${worker.id} ${version} is made by the rbee project, ${worker.homepage}.
Its license is ${worker.license}.
${worker.license.startsWith("GPL-3.0") ? "On Debian systems, its text is also in /usr/share/common-licenses/GPL-3.\n" : ""}
${license}`;

const folder = (name: string, mtime: UnixSeconds): Uint8Array<ArrayBuffer> =>
  tarHeader({ kind: "folder", name, mode: 0o755, mtime });

const file = (name: string, bytes: Uint8Array<ArrayBuffer>, mtime: UnixSeconds): Uint8Array<ArrayBuffer> =>
  concat(tarHeader({ kind: "file", name, mode: 0o644, mtime, size: bytes.length }), bytes, tarPadding(bytes.length));
