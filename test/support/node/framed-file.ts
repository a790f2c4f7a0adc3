import { createHash, type Hash } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { FramedFacts, FramingMaker, RoundSums, Segment } from "../../../src/domain/releases/framing/framing.ts";
import type { PackageSigner } from "../../../src/domain/releases/framing/signer.ts";
import { concat } from "../../../src/lib/encoding.ts";

/** The facts of a free worker's version 1.2.0 for x86-64, whose program is stored as it is. */
export function framedFacts(program: Uint8Array, facts: Partial<FramedFacts> = {}): FramedFacts {
  const size = program.length;
  return {
    worker: {
      id: "llm-worker-rbee-cpu",
      tier: "free",
      backend: "cpu",
      summary: "LLM inference worker for rbee, for any CPU",
      homepage: "https://rbee.dev",
      license: "GPL-3.0-or-later",
    },
    version: "1.2.0",
    platform: "linux-x86_64",
    binary: {
      filename: "llm-worker-rbee-cpu-linux-x86_64",
      content: { size, sha256: createHash("sha256").update(program).digest("hex") },
      encoding: "identity",
      enclose: (head, tail) => [head, { offset: 0, length: size }, tail],
    },
    imageBase: null,
    requires: null,
    documents: {},
    madeAt: 1_790_000_000,
    ...facts,
  };
}

/** A signer for makers that sign nothing. */
const NO_SIGNER = {} as PackageSigner;

const bytesOf = (segments: readonly Segment[], stored: Uint8Array): Uint8Array =>
  concat(
    ...segments.map((piece) =>
      piece instanceof Uint8Array ? piece : stored.subarray(piece.offset, piece.offset + piece.length),
    ),
  );

const digest = (hash: Hash): Uint8Array<ArrayBuffer> => new Uint8Array(hash.digest());

const sumsOf = (bytes: Uint8Array): RoundSums => ({
  size: bytes.length,
  sha256: createHash("sha256").update(bytes).digest("hex"),
  sha256With: (more) => digest(createHash("sha256").update(bytes).update(more)),
});

/** Writes the file that a maker frames around `stored`, and returns the sums of its rounds. */
export async function writeFramed(
  path: string,
  maker: FramingMaker,
  facts: FramedFacts,
  stored: Uint8Array,
  signer: PackageSigner = NO_SIGNER,
): Promise<RoundSums[]> {
  const sums: RoundSums[] = [];
  let bytes: Uint8Array = new Uint8Array();
  for (const round of maker.rounds) {
    bytes = bytesOf(await round(facts, signer, sums), stored);
    sums.push(sumsOf(bytes));
  }
  writeFileSync(path, bytes);
  return sums;
}
