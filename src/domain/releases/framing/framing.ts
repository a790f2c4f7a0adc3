import type { UnixSeconds } from "../../../lib/time.ts";
import type { Tier } from "../../workers/table.ts";
import type { Platform } from "../manifest.ts";
import type { Requires } from "../requires/requires.ts";
import type { ImageBase } from "./image-base.ts";
import type { PackageSigner } from "./signer.ts";

/** A range of the stored file's bytes. */
export type StoredRange = { offset: number; length: number };

/** A piece of a framed file: bytes of its own, or a range of the stored file. */
export type Segment = Uint8Array<ArrayBuffer> | StoredRange;

/** A binary in R2 that packages are framed around. */
export type StoredBinary = {
  filename: string;
  /** The size and the SHA-256 in hexadecimal of the program that the package installs. */
  content: { size: number; sha256: string };
  /** The form in which R2 has the program. */
  encoding: "identity" | "zstd";
  /**
   * The pieces of an archive that consists of `head`, the program and `tail`, in the encoding of the stored bytes: for
   * `zstd`, one frame with the stored frame's blocks in its middle.
   */
  enclose(head: Uint8Array<ArrayBuffer>, tail: Uint8Array<ArrayBuffer>): readonly Segment[];
};

/** The facts that the packages of a binary are made from. They do not change while its file is checked. */
export type FramedFacts = {
  worker: {
    id: string;
    tier: Tier;
    backend: string;
    /** One line about the worker. */
    summary: string;
    homepage: string;
    /** An SPDX expression, such as `GPL-3.0-or-later` or `LicenseRef-rbee-premium`. */
    license: string;
  };
  /** A semantic version. */
  version: string;
  platform: Platform;
  binary: StoredBinary;
  requires: Requires | null;
  /** The image that a container image of the program is made on; null if an owner has set none. */
  imageBase: ImageBase | null;
  /** The texts for `/usr/share/doc/<worker id>/`, by file name. */
  documents: Readonly<Record<string, string>>;
  /** The time of all files in a package: when the binary was declared. */
  madeAt: UnixSeconds;
};

/** The result of a round: the size and SHA-256 of its bytes. */
export type RoundSums = {
  size: number;
  /** In hexadecimal. */
  sha256: string;
  /** The SHA-256 of the round's bytes followed by `more`, for an OpenPGP signature over them. */
  sha256With(more: Uint8Array): Uint8Array<ArrayBuffer>;
};

/** The facts of a format about one of its files, as JSON: everything that its listings tell about it. */
export type FramedIndex = Readonly<Record<string, unknown>>;

/** The code that makes the files of one format. Its results depend on their arguments only. */
export type FramingMaker = {
  /** The name of the file, such as `llm-worker-rbee-cpu_1.2.0-1_amd64.deb`. */
  filename(facts: Pick<FramedFacts, "worker" | "version" | "platform">): string;
  /**
   * One entry for each time that the stored bytes are read. `before` has the sums of the earlier rounds, because a
   * format may state in its head a hash of what follows. The pieces of the last round are the file.
   */
  rounds: readonly ((
    facts: FramedFacts,
    signer: PackageSigner,
    before: readonly RoundSums[],
  ) => Promise<readonly Segment[]>)[];
  /** The facts for listings, from the sums of all rounds. */
  index(facts: FramedFacts, signer: PackageSigner, sums: readonly RoundSums[]): Promise<FramedIndex>;
};

/** A format whose files are framed around stored binaries, so that R2 has the bytes once. */
export type Framing = {
  /** The format's name in the ledger and in keys of the edge copy: `deb`. */
  name: string;
  /** The platforms that it serves, by the format's names for their architectures. */
  architectures: Readonly<Record<string, Platform>>;
  /** Evaluates the code that makes files, which most isolates never do. */
  load(): Promise<FramingMaker>;
};

/**
 * A framed file as the ledger and the edge copy have it. `layout` has its pieces in order: a number is so many bytes of
 * the frame, which R2 has under `frame_key`, and a pair is the offset and length of a range of the stored file.
 */
export type FramedFile = {
  version: string;
  /** The stored file that it is framed around. */
  stored: string;
  filename: string;
  size: number;
  sha256: string;
  frame_key: string;
  layout: readonly (number | readonly [offset: number, length: number])[];
  index: FramedIndex;
};

/** The framed files of a format and worker, also of yanked and blocked versions. KV key `framed:<format>:<worker>`. */
export type FramedRecord = { files: readonly FramedFile[] };
