import type { Seller } from "../../../platform/config/seller.ts";
import type { Worker } from "../../workers/workers.ts";
import type { Platform } from "../manifest.ts";
import type { Artifact } from "../store.ts";
import { type DocumentedRelease, premiumLicense, provenanceDocument } from "./documents.ts";
import type { FramedFacts, Framing, StoredBinary } from "./framing.ts";

/**
 * The surroundings that documents name: the catalog's origin, its seller, and the text of the free workers' license.
 */
export type Publishing = { origin: string; seller: Seller; freeLicense: string };

/** The platform that packages of a file are made for; null: the file is no binary for Linux, and has none. */
export const framedPlatform = ({ kind, platform }: Pick<Artifact, "kind" | "platform">): Platform | null =>
  kind === "binary" && platform !== "any" && platform.startsWith("linux-") ? platform : null;

/** The framings among `framings` that serve `platform`. */
export const framingsFor = (framings: readonly Framing[], platform: Platform): Framing[] =>
  framings.filter(({ architectures }) => Object.values(architectures).includes(platform));

/** A binary that R2 has as the publisher's program itself. */
export const storedIdentity = ({
  filename,
  size,
  sha256,
}: Pick<Artifact, "filename" | "size" | "sha256">): StoredBinary => ({
  filename,
  content: { size, sha256 },
  encoding: "identity",
  enclose: (head, tail) => [head, { offset: 0, length: size }, tail],
});

/**
 * The facts that the packages of a release's binary are made from. `artifact.signature` is the one that its check
 * verifies, also if it is not in the ledger yet.
 */
export function framedFacts(
  worker: Worker,
  release: DocumentedRelease,
  artifact: Pick<Artifact, "filename" | "size" | "sha256" | "signature" | "requires" | "created_at"> & {
    platform: Platform;
  },
  { origin, seller, freeLicense }: Publishing,
  imageBase: FramedFacts["imageBase"],
): FramedFacts {
  const { id, tier, backend, description, license, family } = worker;
  return {
    worker: { id, tier, backend, summary: description, homepage: family.homepage, license },
    version: release.version,
    platform: artifact.platform,
    binary: storedIdentity(artifact),
    requires: artifact.requires,
    imageBase,
    documents: {
      LICENSE: tier === "free" ? freeLicense : premiumLicense(worker, seller, origin),
      PROVENANCE: provenanceDocument(worker, release, artifact, origin),
    },
    madeAt: artifact.created_at,
  };
}
