import { sha256 } from "@noble/hashes/sha2.js";
import type { FramedFacts, Segment } from "../../../domain/releases/framing/framing.ts";
import { concat, encodeHex } from "../../../lib/encoding.ts";
import { type CpioEntry, cpioHead, cpioPadding, cpioTrailer, LARGE_FILE } from "./cpio.ts";

/** A file of a package as its header describes it. */
export type PackagedFile = CpioEntry & {
  /** In hexadecimal; empty for a directory. */
  sha256: string;
  /** `RPMFILE_DOC`, `RPMFILE_LICENSE` or 0. */
  flags: number;
};

/** rpm 4.18, include/rpm/rpmfiles.h. */
const DOC = 1 << 1;
const LICENSE = 1 << 7;

const PROGRAM = 0o100_755;
const DOCUMENT = 0o100_644;
export const DIRECTORY = 0o040_755;

type Content = PackagedFile & { body: Uint8Array };

/** The files of a package, sorted by path as rpm searches them: the program is the first. */
export const filesOf = (facts: FramedFacts): PackagedFile[] => contentsOf(facts).map(({ body: _, ...file }) => file);

function contentsOf({ worker: { id }, binary: { content }, documents, madeAt: mtime }: FramedFacts): Content[] {
  const folder = `/usr/share/doc/${id}`;
  const none = new Uint8Array();
  const texts = Object.entries(documents).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    { ...content, path: `/usr/bin/${id}`, mode: PROGRAM, mtime, flags: 0, body: none },
    { path: folder, mode: DIRECTORY, size: 0, mtime, sha256: "", flags: 0, body: none },
    ...texts.map(([name, text]) => {
      const body = new TextEncoder().encode(text);
      const flags = /^(licen[cs]e|copying)/i.test(name) ? LICENSE : DOC;
      const sum = encodeHex(sha256(body));
      return { path: `${folder}/${name}`, mode: DOCUMENT, size: body.length, mtime, sha256: sum, flags, body };
    }),
  ];
}

/** The cpio archive of a package: its pieces in the encoding of the stored binary, and its size without it. */
export function payloadOf(facts: FramedFacts): { segments: readonly Segment[]; archiveSize: number } {
  const contents = contentsOf(facts);
  const { content, enclose } = facts.binary;
  const isStripped = content.size >= LARGE_FILE;
  const heads = contents.map((file, index) => cpioHead(file, index, isStripped));
  const [head = new Uint8Array()] = heads;
  const others = contents.slice(1).flatMap(({ body }, at) => {
    return [heads[at + 1] ?? new Uint8Array(), body, cpioPadding(body.length)];
  });
  const tail = concat(cpioPadding(content.size), ...others, cpioTrailer());
  return { segments: enclose(head, tail), archiveSize: head.length + content.size + tail.length };
}
