import { createHash } from "node:crypto";
import type { FramedFacts, FramedFile, RoundSums, Segment } from "../../../../src/domain/releases/framing/framing.ts";
import type { PackageSigner } from "../../../../src/domain/releases/framing/signer.ts";
import { rpmMaker } from "../../../../src/formats/rpm/package/maker.ts";

const sumOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The facts of a raw program, with others in their place. */
export function factsOf(program: Uint8Array<ArrayBuffer>, more: Partial<FramedFacts> = {}): FramedFacts {
  return {
    worker: {
      id: "llm-worker-rbee-cpu",
      tier: "free",
      backend: "cpu",
      summary: "Generates text & more",
      homepage: "https://rbee.dev",
      license: "GPL-3.0-or-later",
    },
    version: "1.2.0",
    platform: "linux-x86_64",
    imageBase: null,
    requires: null,
    documents: { "provenance.json": "{}\n", LICENSE: "text\n" },
    madeAt: 1_795_960_000,
    binary: {
      filename: "program",
      content: { size: program.length, sha256: sumOf(program) },
      encoding: "identity",
      enclose: (head, tail) => [head, { offset: 0, length: program.length }, tail],
    },
    ...more,
  };
}

const unused = () => Promise.reject(new Error("a package needs no such signature"));

/** A signer of packages alone. */
export const signerOf = (signOnce: PackageSigner["signOnce"]): PackageSigner => ({
  keys: [],
  keyring: new Uint8Array(),
  armoredKeyring: "",
  sign: unused,
  signArmored: unused,
  clearsign: unused,
  signHashed: unused,
  signOnce,
});

/** A signer whose signature is the SHA-256 of what it signs. */
const hashing = signerOf(async (data) => new Uint8Array(createHash("sha256").update(data).digest()));

/** A package: its bytes, and its facts as the ledger has them. */
export type FramedPackage = Pick<FramedFile, "filename" | "size" | "sha256" | "index"> & {
  file: Uint8Array<ArrayBuffer>;
};

/** The package of a program, and the facts for listings. */
export async function framed(
  facts: FramedFacts,
  program: Uint8Array<ArrayBuffer>,
  signer: PackageSigner = hashing,
): Promise<FramedPackage> {
  const stored = (segment: Segment) =>
    segment instanceof Uint8Array ? segment : program.subarray(segment.offset, segment.offset + segment.length);
  const sums: RoundSums[] = [];
  let file = new Uint8Array();
  for (const round of rpmMaker.rounds) {
    const segments = await round(facts, signer, sums);
    file = new Uint8Array(Buffer.concat(segments.map(stored)));
    sums.push({ size: file.length, sha256: sumOf(file), sha256With: () => new Uint8Array(32) });
  }
  const index = await rpmMaker.index(facts, signer, sums);
  return { file, filename: rpmMaker.filename(facts), size: file.length, sha256: sumOf(file), index };
}
